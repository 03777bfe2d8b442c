"""Where a token is stored so that many processes can use it."""
