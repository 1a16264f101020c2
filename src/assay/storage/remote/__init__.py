"""Files that lie elsewhere: read over HTTP and from S3-compatible stores, from the hosts that the operator allows."""
