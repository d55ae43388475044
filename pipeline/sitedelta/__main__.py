"""`python -m sitedelta` is `sitedelta`."""

from sitedelta.cli import main

main()
