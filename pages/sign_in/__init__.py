"""Getting in: the first user, an invitation, a new password, the sign-in."""
