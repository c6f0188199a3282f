"""The example of the manual (`docs/adding-a-module.md`), kept working."""
