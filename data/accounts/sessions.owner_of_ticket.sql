-- Whose ticket this is, when it was made after $made_after (UTC). Grain: a ticket. Source: sign_in_ticket (control).
select sign_in_ticket.user_id
from sign_in_ticket
join account on account.user_id = sign_in_ticket.user_id
where
    sign_in_ticket.ticket_hash = $hash
    and sign_in_ticket.made_at > $made_after
    and account.active;
