-- What one process at a time does, on whichever machine: who does it, until when (by the store's clock), and the number
-- that each taking gets, greater than all before. One that was given back has its end there. Times are UTC without a zone.

create table if not exists lease (
    name text not null,
    holder text not null,
    fence bigint not null,
    held_until timestamp not null
);
