-- A channel, or another address of one that is known: one that had ended begins anew. Target: subscription_channel (control).
merge into subscription_channel
using (select $channel_id::integer as channel_id) as saved
    on subscription_channel.channel_id = saved.channel_id
when matched then
    update set
        encrypted = $encrypted,
        hint = $hint,
        stop_hash = $stop_hash,
        since = case when ended_because is null then since else $since end,
        ended_because = null
when not matched then
    insert (channel_id, subscription_id, kind, encrypted, hint, stop_hash, since)
    values ($channel_id, $subscription_id, $kind, $encrypted, $hint, $stop_hash, $since);
