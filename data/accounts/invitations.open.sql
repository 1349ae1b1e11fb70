-- The links that have not expired at $now (UTC), the newest first, or the one whose secret has the hash $hash.
-- Grain: a grant of a link, or a link that grants nothing. Source: invitation (control).
select
    invitation.invitation_id,
    invitation.purpose,
    invitation.user_id,
    account.username,
    invitation.email,
    invitation.made_by,
    invitation.made_at,
    invitation.expires_at,
    invitation_grant.role,
    invitation_grant.tenant_id,
    invitation_grant.repository_id
from invitation
left join account on account.user_id = invitation.user_id
left join invitation_grant on invitation_grant.invitation_id = invitation.invitation_id
where
    invitation.expires_at > $now
    and ($hash is null or invitation.secret_hash = $hash)
order by
    invitation.invitation_id desc,
    invitation_grant.role,
    invitation_grant.tenant_id,
    invitation_grant.repository_id;
