-- Top referrers: The newest list of each repository, with the rank in the list before.
with lists as (
    select *, dense_rank() over (partition by repository_id order by observed_on desc) as age
    from v_referrers
)

select new.full_name, new.observed_on, new.rank, new.referrer, new.views, old.rank as rank_before
from lists as new
left join lists as old
    on new.repository_id = old.repository_id and new.referrer = old.referrer and old.age = 2
where new.age = 1
order by new.full_name, new.rank;
