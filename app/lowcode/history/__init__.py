"""What became of a record: its timeline, any moment of it beside the present, and the way back there."""
