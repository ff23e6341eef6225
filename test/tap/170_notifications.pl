# Notifications, sent (B&S 4.9, R11): each arrives with its text, whatever dies or does not answer meanwhile, at least once and under one id; a copy
# of the books tells nobody.
use strict;
use warnings;
use utf8;

use DBD::Pg;
use Test::More;
use Time::HiRes qw(time);

use BillingTest;
use Sink;

my $sink = Sink->new;
my $node = billing_node('told', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sink->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
my $key = 0;
my $minutes = 0;

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }

# The newest notification of an event, as "state result code, n attempts".
sub told
{
	my ($account, $event, $channel) = @_;
	return value(q(SELECT concat_ws(' ', state, result, code) || ', ' || attempts FROM billing.list_notifications($1) WHERE event = $2 AND channel = $3 ORDER BY notification_no DESC LIMIT 1),
		$account, $event, $channel // 'email') // 'none';
}

sub becomes
{
	my ($account, $event, $expected, $what, $channel) = @_;
	return ok(wait_until(20, sub { told($account, $event, $channel) =~ $expected }), $what) || diag(told($account, $event, $channel));
}

sub mails { my ($pattern) = @_; return grep { $_->{subject} =~ $pattern } @{ $sink->ask('mails') } }
sub make_key { my ($account) = @_; return value('SELECT key_id FROM billing.create_api_key($1, $2)', $account, 'key ' . ++$key) }

# All clocks of billing go on.
sub wait_minutes
{
	my ($more) = @_;
	$minutes += $more;
	$node->safe_psql('postgres', "ALTER SYSTEM SET billing.clock_offset = '$minutes min'; SELECT pg_reload_conf()");
	return;
}

sub couriers { my @pids = grep { -r "/proc/$_/cmdline" && do { local (@ARGV, $/) = "/proc/$_/cmdline"; (<> // '') =~ /billing-courier\0\Q@{[ $sink->secrets_dir ]}\E/ } } map { m{/(\d+)$} } glob '/proc/[0-9]*'; return @pids }

$dbh->do($_) for (
	q(SELECT billing.create_account(1, 'cn', 'zhang@example.com')), q(SELECT billing.create_account(2, 'global', 'li@example.com', external_ref => 'Li & Co')),
	q(SELECT billing.create_account(3, 'cn', mobile => '+8613800138000')), q(SELECT billing.set_price('m', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00')));

# Not armed: it waits, and nobody starts a courier.
make_key(1);
sleep 2;
is(told(1, 'key_created'), 'pending, 0', 'books that are not armed tell nobody');
is(scalar couriers(), 0, 'and start nobody who could');
$dbh->do(q(SELECT billing.arm()));
becomes(1, 'key_created', qr/^sent sent( |,)/, 'armed, they do');
my ($mail) = mails(qr/key 1/);
is($mail->{to}, 'zhang@example.com', 'to the registered address');
is($mail->{subject}, '新的 API Key：key 1', 'in the language of its region');

# An alert of the balance (R11), within a second or so.
$dbh->do($_) for (q(SELECT billing.record_offline_payment(1, 100, 'pay', 'bank 1')), q(SELECT billing.set_balance_alert(1, 50)));
my $id = make_key(1);
$dbh->do(q(SELECT billing.charge(1, 1, 'r1', 'm', 60, 0)));
becomes(1, 'balance_low', qr/^sent/, 'an alert is sent');
($mail) = mails(qr/余额低于/);
is($mail->{subject}, '账户余额低于 50.00 CNY', 'with its threshold');
like($mail->{text}, qr/您的账户余额为 40\.00 CNY，已低于您设置的提醒值 50\.00 CNY。/, 'and the balance');
my $local = value(q(SELECT to_char(created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') FROM billing.list_notifications(1) WHERE event = 'balance_low'));
like($mail->{text}, qr/时间：\Q$local\E/, 'at the local time');
my ($paid) = mails(qr/充值成功/);
like($paid->{text}, qr/付款 100\.00 CNY（offline，/, 'and a payment before it');
$dbh->do(q(SELECT billing.set_email_template('key_deleted', 'en', 'Gone: {{name}}', 'Key {{key_id}} of {{account}} is gone.', '<p>Key of <b>{{account}}</b></p>')));
$id = make_key(2);
value('SELECT billing.delete_api_key(2, $1)', $id);
becomes(2, 'key_deleted', qr/^sent/, 'by a template of the operator');
($mail) = mails(qr/^Gone/);
is($mail->{text}, "Key 1 of Li & Co is gone.", 'his text, with the name of the account') || diag($mail->{text});

# The mail server is down: back-off, then it arrives.
$sink->ask('down');
make_key(2);
becomes(2, 'key_created', qr/^pending not_sent \S+, 1$/, 'the mail server is down: it waits');
ok(value(q(SELECT due_at > answered_at + interval '59 s' FROM billing.list_notifications(2) ORDER BY notification_no DESC LIMIT 1)), 'for a minute');
$sink->ask('up');
wait_minutes(1.1);
becomes(2, 'key_created', qr/^sent sent.*, 2$/, 'and arrives when it is up again');

# The courier is killed while it sends: a second copy is possible, under the same id.
$sink->ask(mood => delay_ms => 4000);
make_key(2);
my $name = "key $key";
ok(wait_until(10, sub { scalar mails(qr/$name/) }), 'the mail server has it, and has not said so');
kill KILL => couriers();
becomes(2, 'key_created', qr/^pending unknown courier_ended, 1$/, 'the courier is killed: nobody knows');
$sink->ask(mood => delay_ms => 0);
wait_minutes(1.1);
becomes(2, 'key_created', qr/^sent/, 'it is sent again');
my @copies = mails(qr/$name/);
is(scalar @copies, 2, 'twice');
is($copies[0]{id}, $copies[1]{id}, 'with one Message-ID');

# Refused for good: dead, listed, and sent again when somebody says so.
$sink->ask(mood => refuses => 550);
make_key(2);
becomes(2, 'key_created', qr/^dead refused smtp_550, 1$/, 'an address that is refused is dead');
is(value(q(SELECT string_agg(account_id || ' ' || event || ' ' || code, ', ') FROM billing.dead_notification)), '2 key_created smtp_550', 'and listed');
$sink->ask(mood => refuses => 451);
value('SELECT billing.resend_notification(account_id, notification_no) FROM billing.dead_notification');
becomes(2, 'key_created', qr/^pending later smtp_451, 1$/, 'refused for now: it waits');
$sink->ask(mood => refuses => 0);
wait_minutes(1.1);
becomes(2, 'key_created', qr/^sent/, 'and arrives');

# SMS have no template; without a file of the channel it waits, and loses no attempt.
make_key(3);
is(told(3, 'key_created', 'sms'), 'dropped no_template, 0', 'no template, no SMS');
$dbh->do(q(SELECT billing.set_sms_template('key_created', 'cn', 'zh', 'Example', 'SMS_1', '{"key": "{{name}}"}')));
make_key(3);
becomes(3, 'key_created', qr/^pending misconfigured no sms\.conf, 0$/, 'no sms.conf: it waits', 'sms');
$sink->ask('bring_sms');
wait_minutes(1.1);
becomes(3, 'key_created', qr/^sent/, 'and is sent when there is one', 'sms');
my ($sms) = @{ $sink->ask('sms') };
is(join(' ', $sms->{mobile}, $sms->{sign_name}, $sms->{template_code}, $sms->{parameters}{key}), "+8613800138000 Example SMS_1 key $key", 'with its parameters') || diag(explain($sms));

# An invoice comes with its document, and goes where it was applied for.
$dbh->do($_) for (q(SELECT billing.set_invoice_title(1, 'me', 'individual', '张三')), q(SELECT billing.request_invoice(1, '{1}', 'me', 'ordinary', 'buyer@example.com', NULL, 'invoice')),
	q(SELECT billing.record_invoice(1, 1, '29030001', document => '%PDF-1.7 of the test')));
becomes(1, 'invoice_issued', qr/^sent/, 'an invoice is told of');
($mail) = mails(qr/29030001/);
is("$mail->{to} @{ $mail->{attached} }", 'buyer@example.com invoice-1.pdf %PDF-1.7 of the test', 'with its document');

# With a document and texts that no frame can hold: dead at once, since nobody can send it; nothing waits for a lease.
$dbh->do($_) for (
	q(INSERT INTO billing_books.email_template (event, language, template_no, subject, body, html, created_at) SELECT 'invoice_issued', 'zh', 1, 'long', t, t, now() FROM repeat(E'\\x01', 250000) AS t),
	q(SELECT billing.create_account(7, 'cn')), q(SELECT billing.record_offline_payment(7, 100, 'pay', 'bank 7')), q(SELECT billing.set_invoice_title(7, 'me', 'individual', '张三')),
	q(SELECT billing.request_invoice(7, '{1}', 'me', 'ordinary', 'buyer@example.com', NULL, 'invoice')), q(SELECT billing.record_invoice(7, 1, '29030003', document => ('%PDF-1.7 ' || repeat('x', 8388000))::bytea)));
becomes(7, 'invoice_issued', qr/^dead refused too_long, 1$/, 'what is too long to be handed over is dead at once');

# Webhooks, verified by the library of Standard Webhooks.
my $url = 'https://hooks.example.com:' . $sink->hooks_port . '/billing';
my ($endpoint, $secret) = $dbh->selectrow_array(q(SELECT * FROM billing.set_webhook(2, $1, '{key_created,key_deleted}', 'hook')), undef, $url);
like($secret, qr/^whsec_.{44}$/, 'a webhook has a secret');
is(join(' ', map { $_ // 'null' } $dbh->selectrow_array(q(SELECT * FROM billing.set_webhook(2, $1, '{key_created,key_deleted}', 'hook')), undef, $url)), "$endpoint null 1", 'which is shown once');
$id = make_key(2);
becomes(2, 'key_created', qr/^sent sent/, 'it is told', 'webhook');
my ($hook) = @{ $sink->ask(verified => secret => $secret) };
is("$hook->{type} $hook->{data}{account_id} $hook->{data}{name}", "key_created 2 key $key", 'of that, and it verifies');
my ($account, $no) = $dbh->selectrow_array(q(SELECT 2, notification_no FROM billing.list_notifications(2) WHERE channel = 'webhook' ORDER BY 2 DESC LIMIT 1));
like($hook->{id}, qr/^n-2-$no-[0-9a-f]+$/, 'under an id of its number');
my ($again, $second) = $dbh->selectrow_array(q(SELECT * FROM billing.rotate_webhook_secret(2, $1)), undef, $endpoint);
isnt($second, $secret, 'another secret');
value('SELECT billing.replay_webhook(2, $1)', $no);
ok(wait_until(10, sub { @{ $sink->ask(verified => secret => $second) } == 1 }), 'signs what is sent again');
is(scalar @{ $sink->ask(verified => secret => $secret) }, 2, 'and so does the one before, for a day');
is($sink->ask(verified => secret => $second)->[0]{id}, $hook->{id}, 'the id stays');
$sink->ask(mood => status => 503);
value('SELECT billing.delete_api_key(2, $1)', $id);
becomes(2, 'key_deleted', qr/^pending later http_503, [12]$/, 'a host that cannot now: it waits', 'webhook');
$sink->ask(mood => status => 204);
wait_minutes(6);
becomes(2, 'key_deleted', qr/^sent/, 'and gets it', 'webhook');
for my $bad ('http://hooks.example.com/', 'https://127.0.0.1/', 'https://hooks.example.com:8443/', 'https://u@hooks.example.com/', 'https://localhost/')
{
	ok(!eval { $dbh->do('SELECT * FROM billing.set_webhook(2, $1)', undef, $bad) } && $@ =~ /webhook cannot be set/, "no webhook at $bad");
}
$sink->ask(mood => status => 503);
make_key(2);
becomes(2, 'key_created', qr/^pending later http_503/, 'one more waits', 'webhook');
ok(value('SELECT billing.delete_webhook(2, $1)', $endpoint), 'the webhook is deleted');
wait_minutes(6);
becomes(2, 'key_created', qr/^dropped endpoint_deleted/, 'what waited for it is dropped', 'webhook');

# Endpoints of one account that take their time, on five hosts: four calls are under way at a time, and another account's is told meanwhile.
$dbh->do(q(SELECT billing.create_account(a, 'cn') FROM generate_series(4, 5) AS a));
for my $n (0 .. 14)
{
	$dbh->do(q(SELECT billing.set_webhook(4, $1, '{key_created}', $2)), undef, 'https://slow' . (1 + $n % 5) . '.example.com:' . $sink->hooks_port . "/slow/$n", "slow $n");
}
$dbh->do(q(SELECT billing.set_webhook(5, $1, '{key_created}', 'fast')), undef, $url);
$sink->ask(mood => slow_ms => 5000, status => 204);
make_key(4) for 1 .. 2;
my $sending = q(SELECT count(*) FROM billing_books.notification WHERE account_id = 4 AND state = 'sending');
ok(wait_until(10, sub { value($sending) == 4 }), 'four slow calls are under way') || diag(value($sending));
my $start = time;
make_key(5);
becomes(5, 'key_created', qr/^sent/, 'another account is told meanwhile', 'webhook');
cmp_ok(time - $start, '<', 3, 'at once');
is(value($sending), 4, 'and there are no more of the slow ones');
$sink->ask(mood => slow_ms => 0);
ok(wait_until(60, sub { value(q(SELECT count(*) FROM billing_books.notification WHERE account_id = 4 AND state = 'sent')) == 30 }), 'all of them arrive');

# Old news of a balance are no news: too late, or there is newer.
$sink->ask('down');
$dbh->do(q(SELECT billing.set_balance_alert(1, 30, notify_recovery => true)));
$dbh->do(q(SELECT billing.charge(1, 1, 'r2', 'm', 20, 0)));
becomes(1, 'balance_low', qr/^pending not_sent/, 'a warning waits');
$dbh->do(q(SELECT billing.grant_bonus(1, 15, 'gift')));
becomes(1, 'balance_recovered', qr/^pending/, 'and so does its end');
$sink->ask('up');
wait_minutes(2.1);
becomes(1, 'balance_recovered', qr/^sent/, 'the newer one arrives');
is(told(1, 'balance_low') =~ s/,.*//r, 'dropped superseded', 'the older one is dropped');
$sink->ask('down');
$dbh->do(q(SELECT billing.charge(1, 1, 'r3', 'm', 10, 0)));
becomes(1, 'balance_low', qr/^pending not_sent/, 'another warning');
$sink->ask('up');
wait_minutes(24 * 60 + 1);
becomes(1, 'balance_low', qr/^dropped too_late/, 'is too late a day after');

# The server crashes while something is sent: it is sent again when the lease is over.
$sink->ask(mood => delay_ms => 4000);
make_key(2);
$name = "key $key";
ok(wait_until(10, sub { scalar mails(qr/$name/) }), 'something is being sent');
$node->stop('immediate');
$sink->ask(mood => delay_ms => 0);
$node->start;
$dbh = connect_dbi($node);
like(told(2, 'key_created'), qr/^sending/, 'after a crash it is leased');
wait_minutes(1.1);
becomes(2, 'key_created', qr/^sent/, 'and sent again then');
@copies = mails(qr/$name/);
is($copies[0]{id}, $copies[-1]{id}, 'with one Message-ID');

# What is parked waits, and keeps nobody else waiting.
$dbh->do(q(INSERT INTO billing_books.parking (worker, account_id, parked_at) VALUES ('clerk', 2, now())));
make_key(2);
make_key(1);
becomes(1, 'key_created', qr/^sent/, 'an account is parked: others are told');
is(told(2, 'key_created'), 'pending, 0', 'and it is not');
ok(value(q(SELECT billing.unpark(2, 'looked', worker => 'clerk'))), 'an operator lets it go on');
wait_minutes(2);
becomes(2, 'key_created', qr/^sent/, 'and it is told');

# Rows that their owner put there and nobody can read, or say in any language, keep nobody else waiting; nor does a number that was given by hand.
$dbh->do($_) for (
	q(ALTER TABLE billing_books.notification DROP CONSTRAINT IF EXISTS notification_language_check),
	q(INSERT INTO billing_books.notification (account_id, notification_no, event, source_id, episode, created_at, channel, address, lane, language, payload, state, due_at)
		SELECT 3, 1000 + g, CASE WHEN g % 2 = 0 THEN 'no_such_event' ELSE 'key_created' END, 1000 + g, 0, now(), 'email', 'a@b.example', 'email', CASE WHEN g % 2 = 0 THEN 'en' ELSE 'fr' END, '{}', 'pending', now() - interval '1 hour'
		FROM generate_series(1, 80) AS g),
	q(SELECT billing.set_seller('global', 'Seller', 'API', 0, address => 'Street', series => 'INV')),
	q(INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, number, created_at) VALUES (3, 900, 'ordinary', 'issued', 'INV-000001', now())),
	q(SELECT billing.record_offline_payment(2, 10, 'papers', 'bank 2')));
make_key(1);
becomes(1, 'key_created', qr/^sent/, 'bad rows stop nobody');
is(value(q(SELECT count(*) FROM billing_books.invoice WHERE state = 'numbering')), 1, 'a number that somebody has is not given');
$dbh->do(q(SET billing.allow_history_change = on));
$dbh->do($_) for (q(DELETE FROM billing_books.notification WHERE account_id = 3 AND notification_no > 1000), q(DELETE FROM billing_books.invoice WHERE account_id = 3));
$dbh->do($_) for (q(RESET billing.allow_history_change), q(ALTER TABLE billing_books.notification ADD CONSTRAINT notification_language_check CHECK (language IN ('zh', 'en'))));
ok(wait_until(30, sub { value(q(SELECT number = 'INV-000001' FROM billing_books.invoice WHERE account_id = 2)) }), 'until nobody has it');

# An invoice overseas is told of when its document is there, and comes with it; an account that is held is told later, and keeps nobody else waiting.
sub papers_told { my ($account) = @_; return value(q(SELECT count(*) FROM billing_books.notification WHERE account_id = $1 AND event = 'invoice_issued'), $account) }
becomes(2, 'invoice_issued', qr/^sent/, 'an invoice overseas is told of');
($mail) = mails(qr/INV-000001/);
is($mail->{to}, 'li@example.com', 'to the address of the account');
like("@{ $mail->{attached} }", qr/^invoice-1\.pdf %PDF-/, 'with its document');
$dbh->do($_) for (q(SELECT billing.create_account(6, 'global', 'ma@example.com')), q(SELECT billing.pause_workers('1 hour')), q(SELECT billing.record_offline_payment(2, 10, 'more papers', 'bank 4')));
my $holder = connect_dbi($node);
$holder->begin_work;
$holder->do('SELECT FROM billing_books.account WHERE account_id = 2 FOR NO KEY UPDATE');
$dbh->do($_) for (q(SELECT billing.record_offline_payment(6, 10, 'papers', 'bank 5')), q(SELECT billing.pause_workers('0')));
becomes(6, 'invoice_issued', qr/^sent/, 'an account is held: another is told');
is(value(q(SELECT document_state FROM billing.invoices(2) ORDER BY invoice_id DESC LIMIT 1)), 'ready', 'its document is there all the same');
is(papers_told(2), 1, 'and it is not told yet');
$holder->rollback;
ok(wait_until(20, sub { papers_told(2) == 2 }), 'but soon after');
$holder->disconnect;
$dbh->do($_) for (q(SELECT billing.refund_order(2, 1, 5, 'refund')), q(SELECT billing.settle_refund_item_offline(2, 1, 'transfer', 'settle')));
becomes(2, 'credit_note_issued', qr/^sent/, 'a credit note is told of');
($mail) = mails(qr/INV-CN-000001/);
like("@{ $mail->{attached} }", qr/^credit-note-3\.pdf %PDF-/, 'with its document');

# No courier is left behind.
$dbh->do(q(SELECT billing.disarm()));
make_key(2);
sleep 2;
is(told(2, 'key_created'), 'pending, 0', 'disarmed, nobody is told');
verify_empty($node, 'the books balance');
$dbh->disconnect;
$node->stop;
ok(wait_until(10, sub { !couriers() }), 'no courier is left behind');
done_testing();
