/* Makes one write below a folder fail, for tests of what a full or broken disk does: preload it, then say when.
   With fault_log(fd) it writes down, a line each, what is opened for reading (R), written (W), renamed to (N), made (D),
   removed (U), brought onto the disk (S), and (A) when all is.

   Counted are the calls of this process that create, write, sync, rename or make a folder below FAULT_FOLDER.
   fault_arm(n, error) makes the n-th from now on fail, and all after it as well where `error` is ENOSPC or EACCES:
   disks do not become empty by themselves; with an error of 0 the process is killed there (-9). fault_count() gives how
   many there were since. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
static atomic_int count, armed, error_now;
static atomic_char watched[FDS];

void fault_arm(int n, int error) { count = 0; error_now = error; armed = n; }
int fault_count(void) { return count; }

static int log_fd = -1;
void fault_log(int fd) { log_fd = fd; }
static void said(char what, const char *path) { if (log_fd >= 0 && path) dprintf(log_fd, "%c %s\n", what, path); }
static const char *name_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, size - 1);
  path[n > 0 ? n : 0] = 0;
  return path;
}

static int below(const char *path) {
  const char *folder = getenv("FAULT_FOLDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int fails(void) {
  int n = ++count;
  if (!armed || n < armed || (n > armed && error_now == EIO)) return 0;
  if (!error_now) kill(getpid(), SIGKILL);
  errno = error_now;
  return 1;
}

static int opened(int fd, const char *path, int writes) {
  if (fd >= 0 && fd < FDS) watched[fd] = writes && below(path);
  return fd;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITES(flags) (((flags) & O_ACCMODE) != O_RDONLY)
#define MODE(last) mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, last); mode = va_arg(a, mode_t); va_end(a); }

int open(const char *path, int flags, ...) {
  MODE(flags)
  said(WRITES(flags) ? 'W' : 'R', path);
  if (WRITES(flags) && below(path) && fails()) return -1;
  return opened(REAL(open)(path, flags, mode), path, WRITES(flags));
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  said(WRITES(flags) ? 'W' : 'R', path);
  if (WRITES(flags) && below(path) && fails()) return -1;
  return opened(REAL(open64)(path, flags, mode), path, WRITES(flags));
}
FILE *fopen(const char *path, const char *how) {
  int writes = strpbrk(how, "wa+") != NULL;
  said(writes ? 'W' : 'R', path);
  if (writes && below(path) && fails()) return NULL;
  FILE *file = REAL(fopen)(path, how);
  if (file) opened(fileno(file), path, writes);
  return file;
}
FILE *fopen64(const char *path, const char *how) {
  int writes = strpbrk(how, "wa+") != NULL;
  said(writes ? 'W' : 'R', path);
  if (writes && below(path) && fails()) return NULL;
  FILE *file = REAL(fopen64)(path, how);
  if (file) opened(fileno(file), path, writes);
  return file;
}
int close(int fd) { if (fd >= 0 && fd < FDS) watched[fd] = 0; return REAL(close)(fd); }
int fclose(FILE *file) { int fd = fileno(file); if (fd >= 0 && fd < FDS) watched[fd] = 0; return REAL(fclose)(file); }

static int on(int fd) {
  if (fd < 0 || fd >= FDS || !watched[fd]) return 0;
  char path[4096];
  if (log_fd >= 0) said('W', name_of(fd, path, sizeof path));
  return fails();
}
ssize_t write(int fd, const void *data, size_t n) { return on(fd) ? -1 : REAL(write)(fd, data, n); }
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return on(fd) ? -1 : REAL(pwrite)(fd, data, n, at); }
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) { return on(fd) ? -1 : REAL(pwrite64)(fd, data, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) { return on(fd) ? -1 : REAL(writev)(fd, v, n); }
size_t fwrite(const void *data, size_t size, size_t n, FILE *file) { return on(fileno(file)) ? 0 : REAL(fwrite)(data, size, n, file); }
int ftruncate(int fd, off_t n) { return on(fd) ? -1 : REAL(ftruncate)(fd, n); }
int ftruncate64(int fd, off64_t n) { return on(fd) ? -1 : REAL(ftruncate64)(fd, n); }
int fsync(int fd) {
  char path[4096];
  if (below(name_of(fd, path, sizeof path)) && fails()) return -1;
  int failed = REAL(fsync)(fd);
  said('S', path);
  return failed;
}
int syncfs(int fd) {
  if (fails()) return -1;
  int failed = REAL(syncfs)(fd);
  said('A', "all");
  return failed;
}
int rename(const char *from, const char *to) {
  if (below(to) && fails()) return -1;
  said('U', from);
  said('N', to);
  return REAL(rename)(from, to);
}
int unlink(const char *path) { said('U', path); return REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { said('D', path); return below(path) && fails() ? -1 : REAL(mkdir)(path, mode); }
