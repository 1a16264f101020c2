"""Taking everything of one association id out of a deployment."""
