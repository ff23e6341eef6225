# Waffo (USD; signed replies, disputes) and Xiaomi Pay (its public part: query and notice), through the worker and billing-caller.
use strict;
use warnings;

use DBD::Pg;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('waffo', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT trim_scale(balance) FROM billing.balance($1)', $account) }
sub payment { my ($account, $payment) = @_; return row('SELECT * FROM billing_books.payment WHERE account_id = $1 AND payment_id = $2', $account, $payment // 1) }
sub state_of { my ($account, $order) = @_; return value('SELECT state || coalesce(\' \' || reason, \'\') FROM billing.order_status($1, $2)', $account, $order) }
sub take_backs { my ($account) = @_; return value('SELECT coalesce(string_agg(kind || coalesce(\' \' || reason, \'\') || \' \' || trim_scale(amount), \', \' ORDER BY take_back_id), \'none\') FROM billing_books.take_back WHERE account_id = $1', $account) }

my $key = 0;
my %payer = (waffo => '{"email": "a@b.example", "terminal": "WEB"}', xiaomi => '{"uid": "u1"}');
sub place
{
	my ($account, $amount, $method, %opts) = @_;
	my $gateway = $method eq 'xiaomi' ? 'xiaomi' : 'waffo';
	my $order = value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4, payer => $5, return_url => $6)', $account, $amount, $method, 'topup ' . ++$key, $opts{payer} // $payer{$gateway}, $opts{return_url});
	my $placed = wait_until($opts{seconds} // 10, sub { row('SELECT g.gateway_number, o.pay_url FROM billing.order_status($1, $2) AS o JOIN billing_books.payment_order AS g USING (order_id) WHERE g.account_id = $1 AND o.pay_url IS NOT NULL', $account, $order) })
	  or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call', { Slice => {} })));
	return ($order, $placed->{gateway_number}, $placed->{pay_url});
}
sub refused
{
	my ($sqlstate, $name, $sql, @values) = @_;
	eval { value($sql, @values) };
	is($dbh->state, $sqlstate, $name);
	return;
}

$dbh->do($_) for (
	q(SELECT billing.set_gateway('waffo', 'waffo', 'global', 'API credit')), q(SELECT billing.set_gateway('xiaomi', 'xiaomi', 'cn', 'API credit')),
	(map { "SELECT billing.set_payment_method('$_', 'waffo', '$_')" } qw(credit_card debit_card apple_pay google_pay)),
	q(SELECT billing.set_payment_method('xiaomi', 'xiaomi', 'sdk')),
	q(SELECT billing.create_account(a, 'global') FROM generate_series(1, 9) AS a), q(SELECT billing.create_account(a, 'cn') FROM generate_series(21, 29) AS a));

# A reply to Waffo is signed, by billing-caller: without the signature the message is to come again, though it is booked.
ok(!value('SELECT reply_signature FROM billing_books.gateway WHERE gateway = \'waffo\''), 'nothing is signed before it is armed');
$dbh->do(q(SELECT billing.arm()));
ok(wait_until(10, sub { value('SELECT reply_signature FROM billing_books.gateway WHERE gateway = \'waffo\'') }), 'the reply to Waffo is signed');
is(value('SELECT string_agg(method || \' \' || pays_with || \' \' || payer_needs, \', \' ORDER BY method) FROM billing.payment_methods(1)'),
	'apple_pay url terminal, email, credit_card url terminal, email, debit_card url terminal, email, google_pay url terminal, email', 'four ways of paying in USD');
is(value('SELECT string_agg(method || \' \' || pays_with || \' \' || payer_needs, \', \') FROM billing.payment_methods(21)'), 'xiaomi sdk uid', 'and one for an app');
refused('LB515', 'Waffo needs an address', 'SELECT billing.create_topup(1, 12, \'credit_card\', \'x\', payer => \'{"terminal": "WEB"}\')');
refused('LB515', 'and a terminal', 'SELECT billing.create_topup(1, 12, \'credit_card\', \'x\', payer => \'{"email": "a@b.example"}\')');
refused('LB515', 'that there is', 'SELECT billing.create_topup(1, 12, \'credit_card\', \'x\', payer => \'{"email": "a@b.example", "terminal": "TV"}\')');
refused('LB515', 'Xiaomi Pay needs the app\'s user', 'SELECT billing.create_topup(21, 12, \'xiaomi\', \'x\')');

for my $method (qw(credit_card debit_card apple_pay google_pay))
{
	my ($order, $number, $url) = place(1, 12, $method, return_url => 'https://example.org/back');
	like($url, qr{^https?://}, "$method: an address for the payer's browser");
	$sim->control(pay => { gateway => 'waffo', number => $number });
	my ($notice) = $sim->notices;
	my ($status, $body, $headers) = Simulators::hand_over($dbh, $notice);
	is("$status $body", '200 {"message":"success"}', "$method: its notice is accepted");
	ok(decode_json($headers)->{'X-SIGNATURE'}, "$method: by a signed reply");
	is(state_of(1, $order), 'paid', "$method: and books it");
}
is(balance(1), '48', 'all four are credited');
is(value('SELECT currency FROM billing_books.payment WHERE account_id = 1 LIMIT 1'), 'USD', 'in USD');

# Flat messages, forged ones, and none: asking finds out.
my ($order, $number) = place(2, 10, 'credit_card');
$sim->control(settings => { gateway => 'waffo', flat => \1 });
$sim->control(pay => { gateway => 'waffo', number => $number });
my ($notice) = $sim->notices;
my %forged = (%$notice, body_base64 => encode_base64('{"eventType":"PAYMENT_NOTIFICATION","result":{}}'));
is((Simulators::hand_over($dbh, \%forged))[0], 500, 'a forged message is refused');
is((Simulators::hand_over($dbh, $notice))[0], 200, 'a flat one is read');
is(balance(2), '10', 'and booked');
$sim->control(settings => { gateway => 'waffo', flat => \0 });
($order, $number) = place(3, 10, 'credit_card');
$sim->control(settings => { notices => 'off' });
$sim->control(pay => { gateway => 'waffo', number => $number });
$sim->control(settings => { notices => 'on' });
$dbh->do('SELECT billing.refresh_order(3, $1)', undef, $order);
ok(wait_until(10, sub { balance(3) eq '10' }), 'a lost message is made up for by asking');

# Where nothing is signed yet, as before billing-caller runs, a message is booked, and is to come again.
($order, $number) = place(7, 10, 'credit_card');
$sim->control(pay => { gateway => 'waffo', number => $number });
($notice) = $sim->notices;
$dbh->begin_work;
$dbh->do('UPDATE billing_books.gateway SET reply_signature = NULL WHERE gateway = \'waffo\'');
my @again = Simulators::hand_over($dbh, $notice);
$dbh->commit;
is("$again[0] $again[1] " . (decode_json($again[2])->{'X-SIGNATURE'} // 'unsigned'), '500 {"message":"unknown"} unsigned', 'a reply that is not signed yet asks for the message again');
is(balance(7), '10', 'though it is booked');
ok(wait_until(30, sub { value('SELECT reply_signature FROM billing_books.gateway WHERE gateway = \'waffo\'') }), 'the reply is signed');
is((Simulators::hand_over($dbh, $notice))[0], 200, 'and accepts it the next time');
is(balance(7), '10', 'which books nothing more');

# Create answers E0001 though it was accepted, or is lost, or never answers: asked for by the same number, and sent again by it; nothing is closed.
sub orders_of { my ($gateway) = @_; return @{ $sim->control('books')->{$gateway}{orders} } }
sub requests { my ($gateway, $from) = @_; my @log = @{ $sim->control('books')->{$gateway}{log} }; return map { $_->{operation} } @log[ $from .. $#log ] }
for my $case ([ 4, { kind => 'error', code => 'E0001', acts => \1 }, { kind => 'lost' } ], [ 8, { kind => 'hang', acts => \1 } ], [ 9, { kind => 'hang' } ])
{
	my ($account, @faults) = @$case;
	my ($orders, $log) = (scalar(orders_of('waffo')), scalar(requests('waffo', 0)));
	$sim->control(fault => { gateway => 'waffo', operation => 'create', %$_ }) for @faults;
	($order, $number) = place($account, 10, 'credit_card', seconds => 120);
	my $kinds = join ' and ', map { $_->{code} // $_->{kind} } @faults;
	is(scalar(orders_of('waffo')), $orders + 1, "an order whose create answers by $kinds is one order");
	my @requests = requests('waffo', $log);
	is($requests[-1], 'create', 'its address comes by a create');
	is(scalar(grep { $_ eq 'create' } @requests), 1 + @faults, 'sent again once for each fault');
	ok((join ' ', @requests) =~ /^create(?: query)+ create/, 'and asked for before') or diag("@requests");
	is(scalar(grep { $_ eq 'close' } @requests), 0, 'never closed');
}
($order, $number) = (1, value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = 4'));
$dbh->do('SELECT billing.cancel_order(4, $1)', undef, $order);
ok(wait_until(10, sub { state_of(4, $order) =~ /^closed/ }), 'a cancelled order is closed at the gateway');
sleep 2;
$sim->control(pay => { gateway => 'waffo', number => $number, force => \1 });
$sim->deliver($dbh);
ok(wait_until(15, sub { payment(4)->{state} eq 'returned' }), 'what came late goes back to its source') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 4', { Slice => {} })));

# Chargeback refunds nobody asked for, a refund in the portal, and ours whose message comes.
($order, $number) = place(5, 30, 'credit_card');
$sim->control(pay => { gateway => 'waffo', number => $number });
$sim->deliver($dbh);
$sim->control(portal_refund => { gateway => 'waffo', number => $number, amount_fen => 500 });
$sim->deliver($dbh);
is(take_backs(5), 'refund 5', 'a refund in Waffo\'s portal');
$sim->control(dispute => { gateway => 'waffo', number => $number, source => 'RDR', amount_fen => 2500 });
($notice) = $sim->notices;
Simulators::hand_over($dbh, $notice) for 1 .. 3;
is(take_backs(5), 'refund 5, dispute RDR 25', 'a dispute that its network settled, once');
is(balance(5), '0', 'all is gone');
is(value('SELECT lock FROM billing_books.account_lock WHERE account_id = 5 AND unlocked_at IS NULL'), 'dispute', 'and the account locked');

# Keys change with orders open.
($order, $number) = place(6, 10, 'credit_card');
my $signature = value('SELECT reply_signature FROM billing_books.gateway WHERE gateway = \'waffo\'');
$sim->control(rotate => { gateway => 'waffo', what => 'merchant_key' });
$sim->control(rotate => { gateway => 'waffo', what => 'platform_key' });
$dbh->do('SELECT billing.refresh_order(6, $1)', undef, $order);
ok(wait_until(20, sub { value('SELECT reply_signature FROM billing_books.gateway WHERE gateway = \'waffo\'') ne $signature }), 'with another key the reply is signed anew');
$sim->control(pay => { gateway => 'waffo', number => $number });
is_deeply([ $sim->deliver($dbh) ], [200], 'messages by the new key are believed');
is(balance(6), '10', 'and booked');

# Xiaomi Pay: the app makes the order by what it is given; the notice is a GET.
my $sdk;
($order, $number, $sdk) = place(21, 20, 'xiaomi');
is_deeply([ sort keys %{ decode_json($sdk) } ], [qw(appId cpOrderId payFee)], 'an app is given what its library needs');
is(decode_json($sdk)->{payFee}, 2000, 'and the amount in fen');
$sim->control(pay => { gateway => 'xiaomi', number => $number, uid => 'u1', amount_fen => 2000 });
($notice) = $sim->notices;
is($notice->{method}, 'GET', 'its message is a GET');
my ($status, $body) = Simulators::hand_over($dbh, $notice);
is("$status $body", '200 {"errcode":200}', 'which is accepted');
is(balance(21), '20', 'and booked');
$notice->{query} =~ s/payFee=2000/payFee=2001/;
is((Simulators::hand_over($dbh, $notice))[0], 500, 'a forged one is not');
($order, $number) = place(22, 20, 'xiaomi');
$sim->control(settings => { notices => 'off' });
$sim->control(pay => { gateway => 'xiaomi', number => $number, uid => 'u1', amount_fen => 2000 });
$sim->control(settings => { notices => 'on' });
$dbh->do('SELECT billing.refresh_order(22, $1)', undef, $order);
ok(wait_until(10, sub { balance(22) eq '20' }), 'a lost message is made up for by asking');

# An answer that nobody signed, or that is of another amount or order, says nothing: it is asked again.
($order, $number) = place(25, 20, 'xiaomi');
$sim->control(settings => { notices => 'off' });
$sim->control(pay => { gateway => 'xiaomi', number => $number, uid => 'u1', amount_fen => 2000 });
$sim->control(settings => { notices => 'on' });
my $asked = requests('xiaomi', 0);
$sim->control(fault => { gateway => 'xiaomi', operation => 'query', kind => $_ }) for qw(error_500 unsigned wrong_signature lost wrong_number);
ok(wait_until(120, sub { eval { $dbh->do('SELECT billing.refresh_order(25, $1)', undef, $order) }; $dbh->do('UPDATE billing_books.gateway_call SET due_at = clock_timestamp() WHERE account_id = 25 AND kind = \'follow\' AND state = \'queued\''); balance(25) eq '20' }), 'Xiaomi Pay is asked until it answers');
is(scalar(requests('xiaomi', $asked)), 6, 'five bad answers, and a good one');

# Five in a row make it unavailable, until it is told that the sixth was good.
ok(wait_until(20, sub { !value('SELECT unavailable_since FROM billing_books.gateway WHERE gateway = \'xiaomi\'') }), 'after which it takes orders');

# Another user of the app than the order is for: held. Nobody but Xiaomi can say so, and its message is signed.
($order, $number) = place(24, 20, 'xiaomi');
$sim->control(pay => { gateway => 'xiaomi', number => $number, uid => 'u2', amount_fen => 2000 });
$sim->deliver($dbh);
is(payment(24)->{state} . ' ' . payment(24)->{reason}, 'held user', 'what another user paid is held');
is(value('SELECT status FROM billing.resolve_payment(24, 1, \'credit\', \'it was his\')'), 'booked', 'an operator credits it');

# What it cannot do: an order closes here when its time is over, and what comes later is given back by hand.
($order, $number) = place(23, 20, 'xiaomi');
$dbh->do('SELECT billing.cancel_order(23, $1)', undef, $order);
is(state_of(23, $order), 'closing cancelled', 'a cancelled order waits for its end: the gateway cannot close it');
$sim->move_clocks($dbh, 3600);
ok(wait_until(20, sub { state_of(23, $order) eq 'closed cancelled' }), 'which comes by itself') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE account_id = 23', { Slice => {} })));
$sim->control(pay => { gateway => 'xiaomi', number => $number, uid => 'u1', amount_fen => 2000, force => \1 });
$sim->deliver($dbh);
is(payment(23)->{state} . ' ' . payment(23)->{reason}, 'held late', 'what comes late is held: it cannot go back by itself');
refused('LB519', 'nor by an operator\'s word', 'SELECT billing.resolve_payment(23, 1, \'return\', \'back\')');
is(value('SELECT status FROM billing.record_take_back(23, 1, 20, \'refund\', \'by hand 1\', \'taken\', actor => \'first\')'), 'awaiting_second', 'given back by hand it is recorded by two');
$dbh->do('CREATE ROLE second SUPERUSER LOGIN');
my $second = connect_dbi($node);
$second->do('SET SESSION AUTHORIZATION second');
$second->do('SELECT status FROM billing.record_take_back(23, 1, 20, \'refund\', \'by hand 1\', \'taken\', actor => \'second\')');
is(payment(23)->{state}, 'returned', 'and is returned');

is(value('SELECT count(*) FROM billing.attention WHERE what NOT IN (\'lock by take-back\', \'invoice without number\')'), 0, 'nothing is left for a person') or diag(explain($dbh->selectall_arrayref('SELECT * FROM billing.attention', { Slice => {} })));
verify_empty($node, 'the books are whole');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/$_/, 'no secret is in the log') for map { my $file = $sim->secrets_dir . "/$_"; -e $file ? do { open my $in, '<', $file; my $text = <$in>; chomp $text; quotemeta $text } : () } qw(waffo-api.key xiaomi-app.secret);
$_->disconnect for $second, $dbh;
$node->stop;
$sim->stop;
done_testing();
