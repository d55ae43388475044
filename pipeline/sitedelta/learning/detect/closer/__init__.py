"""Teaching the closer look: what it is shown, the network, and how each class learns."""
