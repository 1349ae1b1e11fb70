-- Keeps what GitHub says of the repositories themselves: identity, name, visibility; and one row of counters a
-- repository and UTC day: the last one observed on that day.
-- Grain in: incoming_facts (repository_id, observed_at, github_id, owner, name, full_name, visibility, archived, fork)
-- and incoming_stats (repository_id, day, observed_at, stars, forks, watchers, open_issues_and_pull_requests, size_kb).
create or replace temp table newest_facts as
from incoming_facts
qualify row_number() over (partition by repository_id order by observed_at desc) = 1;

merge into repository as stored
using newest_facts as fresh
on stored.repository_id = fresh.repository_id
when
    matched
    and (fresh.github_id, fresh.full_name, fresh.visibility, fresh.archived, fresh.fork)
    is distinct from (stored.github_id, stored.full_name, stored.visibility, stored.archived, stored.fork)
    then update set
        github_id = fresh.github_id,
        owner = fresh.owner,
        name = fresh.name,
        full_name = fresh.full_name,
        visibility = fresh.visibility,
        archived = fresh.archived,
        fork = fresh.fork;

create or replace temp table accepted_stats as
with fresh as (
    from incoming_stats
    qualify row_number() over (partition by repository_id, day order by observed_at desc) = 1
)

select fresh.*
from fresh
left join repository_stats as stored using (repository_id, day)
where
    stored.observed_at is null
    or stored.batch_id is not null  -- what was imported gives way
    or (
        fresh.observed_at > stored.observed_at
        and (
            fresh.stars, fresh.forks, fresh.watchers, fresh.open_issues_and_pull_requests, fresh.size_kb
        ) is distinct from (
            stored.stars, stored.forks, stored.watchers, stored.open_issues_and_pull_requests, stored.size_kb
        )
    );

merge into repository_stats as stored
using accepted_stats as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    observed_at = fresh.observed_at,
    stars = fresh.stars,
    forks = fresh.forks,
    watchers = fresh.watchers,
    open_issues_and_pull_requests = fresh.open_issues_and_pull_requests,
    size_kb = fresh.size_kb,
    batch_id = null
when not matched then insert (
    repository_id, day, observed_at, stars, forks, watchers, open_issues_and_pull_requests, size_kb
) values (
    fresh.repository_id, fresh.day, fresh.observed_at, fresh.stars, fresh.forks, fresh.watchers,
    fresh.open_issues_and_pull_requests, fresh.size_kb
);
