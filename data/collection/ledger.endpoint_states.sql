-- When each endpoint of each repository was last tried and last answered well (UTC), and its validator.
-- Grain out: a repository and endpoint. Source: endpoint_state.
select
    repository_id,
    endpoint,
    last_tried_at,
    last_good_at,
    last_outcome,
    etag,
    etag_token_id
from endpoint_state;
