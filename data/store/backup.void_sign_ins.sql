-- Voids whatever would let somebody in. Grain: a session, a ticket, a link, a token of a program. Target: the tables of these in control.
delete from sign_in_session;

delete from sign_in_ticket;

delete from invitation;

delete from invitation_grant;

delete from api_token;

delete from share;
