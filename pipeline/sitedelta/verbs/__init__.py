"""The verbs on single images: register, change, count, compare."""
