"""The user's commands; they use the client only."""
