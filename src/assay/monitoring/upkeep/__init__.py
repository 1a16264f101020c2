"""What the server does by itself, again and again: sweeping blobs, deleting by age."""
