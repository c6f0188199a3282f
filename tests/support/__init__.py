"""What tests stand on: databases, a browser, a live server, the cast."""
