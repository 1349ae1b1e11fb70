-- From when on a channel is sent what is due: when it was added, or its subscription resumed. NULL: since that was added.
alter table subscription_channel add column since timestamp;
