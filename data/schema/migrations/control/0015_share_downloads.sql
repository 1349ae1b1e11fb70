-- Whether whoever has a share link may download what it shows.

alter table share add column downloads boolean default false;
