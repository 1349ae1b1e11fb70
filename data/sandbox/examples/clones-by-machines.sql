-- Clones by machines: What GitHub Actions and each day's busiest cloner have made at least, and what comes every day.
select
    full_name,
    sum(clones) as clones,
    sum(at_least_by_actions) as at_least_by_actions,
    sum(at_least_by_one_cloner) as at_least_by_one_cloner,
    max(steady_floor) as steady_floor
from v_clones
where clones_state = 'final'
group by full_name
order by clones desc;
