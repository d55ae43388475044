"""What lies elsewhere: addresses, what they may lead to, and reading from them within limits of size and time."""
