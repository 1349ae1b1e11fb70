"""Who may do what: users, sessions, grants, invitations, tenants, tokens. Lies in `control`, tenants apart."""
