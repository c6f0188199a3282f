"""The version of this program, as backups, the help centre and the API description tell it."""

VERSION = "0.1.0"
