-- How each endpoint of the visible repositories stands, without the marks by which the collector asks again.
-- Grain: a repository and endpoint. Source: endpoint_state. Times are UTC.
insert into endpoint_state
select
    state.repository_id,
    state.endpoint,
    state.last_tried_at,
    state.last_good_at,
    state.last_outcome,
    null as etag,
    null as etag_token_id
from version.endpoint_state as state
where state.repository_id in (select unnest($visible::integer[]));
