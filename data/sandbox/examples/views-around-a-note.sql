-- Views around a note: The week after each note beside the week before; whole weeks of final days only. A note of a
-- whole tenant counts for each of its repositories.
select
    notes.day as noted_day,
    notes.note,
    daily.full_name,
    sum(daily.views) filter (where daily.day < notes.day) as views_before,
    sum(daily.views) filter (where daily.day >= notes.day) as views_after
from v_notes as notes
inner join v_daily as daily
    on
        notes.tenant_id = daily.tenant_id
        and (notes.repository_id is null or notes.repository_id = daily.repository_id)
        and daily.day between notes.day - 7 and notes.day + 6
group by notes.note_id, notes.day, notes.note, daily.full_name
having count(*) filter (where daily.views_state = 'final') = 14
order by noted_day desc, daily.full_name;
