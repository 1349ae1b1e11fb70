-- Until when GitHub has asked a token owner's work to pause, kept beyond the process that was told so.
-- Times are UTC without a zone.

create table owner_pause (
    owner_key text not null,
    paused_until timestamp not null,
    reason text not null
);
