"""Groups of commands."""

import difflib

import click


class Commands(click.Group):
    """The commands, in the order in which a reader meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None and not cmd_name.startswith("-"):
            near = difflib.get_close_matches(cmd_name, self.commands, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.commands)}"
            raise click.UsageError(f"no command {cmd_name}; {hint}")
        return command


def help_unless_invoked(context: click.Context) -> None:
    """Show the help of a group that was called without a command: a usage error."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(click.UsageError.exit_code)
