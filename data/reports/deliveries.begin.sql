-- One delivery that is tried now. Target: delivery (control).
merge into delivery
using (
    select
        $subscription_id::integer as subscription_id,
        $channel_id::integer as channel_id,
        $occasion::text as occasion
) as tried
    on
        delivery.subscription_id = tried.subscription_id
        and delivery.channel_id = tried.channel_id
        and delivery.occasion = tried.occasion
when matched then
    update set state = 'sending', attempts = $attempts, tried_at = $now, next_try_at = null
when not matched then
    insert (subscription_id, channel_id, occasion, state, is_late, attempts, due_at, tried_at)
    values ($subscription_id, $channel_id, $occasion, 'sending', $is_late, $attempts, $due_at, $now);
