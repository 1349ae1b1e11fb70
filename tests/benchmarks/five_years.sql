-- Made-up days of $repositories repositories, $days each up to $newest: never measured, always the same.
-- Grain out: a repository and day. Target: daily_traffic. In any hundred repositories 30 are quiet (about 0.3 views
-- a day), 65 ordinary (about 8), 5 busy (about 250), each kind log-normal; weekends are lower; clones are 10 to 100 %
-- of the views; uniques a quarter to two thirds of either. Chance is a hash, so each column has bits of its own.
insert into daily_traffic (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
)
with repositories as (
    select
        range::integer as repository_id,
        (hash(range, 'kind') % 1000003) / 1000003.0 as kind,
        sqrt(-2 * ln((1 + hash(range, 'radius') % 1000003) / 1000004.0))
        * cos(2 * pi() * (hash(range, 'angle') % 1000003) / 1000003.0) as bell,
        0.1 + 0.9 * (hash(range, 'cloned') % 1000003) / 1000003.0 as cloned
    from range(1, 1 + $repositories)
),

levels as (
    select
        repository_id,
        cloned,
        case
            when kind < 0.3 then 0.3 * exp(0.8 * bell)
            when kind < 0.95 then 8 * exp(1.1 * bell)
            else 250 * exp(bell)
        end as level
    from repositories
),

chances as (
    select
        levels.*,
        $newest::date - range::integer as day,
        hash(repository_id, range) as chance
    from levels
    cross join range(0, $days)
),

bells as (
    select
        repository_id,
        day,
        level * if(isodow(day) > 5, 0.6, 1) as views_level,
        level * cloned as clones_level,
        sqrt(-2 * ln((1 + chance % 1021) / 1022.0)) * cos(2 * pi() * (chance // 1021 % 1021) / 1021) as views_bell,
        sqrt(-2 * ln((1 + chance // 1042441 % 1021) / 1022.0)) * cos(2 * pi() * (chance // 1064332261 % 1021) / 1021)
            as clones_bell,
        (chance >> 42 & 2047) / 2048 as views_share,
        (chance >> 53) / 2048 as clones_share
    from chances
),

counts as (
    select
        *,
        floor(views_level * exp(0.45 * views_bell) + clones_share)::bigint as views,
        floor(clones_level * exp(0.7 * clones_bell) + views_share)::bigint as clones
    from bells
)

select
    repository_id,
    day,
    views,
    least(views, ceil(views * (0.25 + 0.4 * views_share)))::bigint as view_uniques,
    'github' as views_source,
    clones,
    least(clones, ceil(clones * (0.25 + 0.4 * clones_share)))::bigint as clone_uniques,
    'github' as clones_source
from counts;
