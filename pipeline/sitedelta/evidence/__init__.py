"""The evidence of a site: what every number rests on, how to check it, and how to hand it on."""
