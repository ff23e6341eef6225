# Gateways that misbehave: every fault of the simulators at every operation, and of every notice; amounts, numbers and
# gateways that do not fit; keys that change; one that hangs, an account that somebody holds. What was paid is credited once,
# what is not credited is held or goes back once, the gateways' books and ours agree, and no secret is seen anywhere.
use strict;
use warnings;

use DBD::Pg;
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP qw(encode_json);
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;
use Simulators;

# What a gateway can do wrong, each with a simulator of its own. `count`: how often, 2 if nothing is said.
my %faults = (
	drop => {}, lost => {}, hang => { count => 1 }, delay => { count => 1 }, slow => { count => 1, ms => 500 }, endless_headers => {}, truncated => {},
	error_500 => {}, busy_429 => {}, redirect => {}, wrong_content_type => {}, unsigned => {}, wrong_signature => {}, wrong_serial => {}, stale => {},
	duplicate_root => {}, wrong_amount => { count => 1 }, wrong_number => {}, duplicate_keys => {}, invalid_json => {}, huge_numbers => {}, huge_body => {},
	wrong_charset => {},
	system_error => { kind => 'error', wechat => { code => 'SYSTEM_ERROR', status => 500 }, alipay => { sub_code => 'ACQ.SYSTEM_ERROR' } },
	strange_error => { kind => 'error', count => 1, wechat => { code => 'SOMETHING_NEW' }, alipay => { sub_code => 'isp.something-new', code => '20000' } },
);
my %of_one = (wrong_serial => 'wechat', stale => 'wechat', duplicate_root => 'alipay');
my @operations = qw(create query close refund refund_query);
my %product = (wechat => 'native', alipay => 'qr');

# Replies that are as good as any, or no worse: nothing needs to be asked again after them.
my %harmless = map { $_ => 1 } qw(delay wrong_content_type);
my %harmless_at = map { $_ => 1 } ('wechat create wrong_amount', 'wechat create wrong_number', 'alipay create wrong_amount', 'alipay close wrong_amount',
	map { "wechat close $_" } qw(slow truncated wrong_amount wrong_number duplicate_keys invalid_json huge_numbers huge_body wrong_charset)); # it has no body

# All simulators have the same keys; the merchants' files differ by the port.
my $sim = Simulators->new;
my $secrets = $sim->secrets_dir;
my %sims;
for my $fault (sort keys %faults)
{
	my $dir = tempdir(CLEANUP => 1);
	make_path("$dir/sim", { mode => 0700 });
	copy($_, "$dir/sim/") or die "$_: $!" for glob "$secrets/sim/*";
	$sims{$fault} = Simulators->new(dir => $dir);
	for my $kind (qw(wechat alipay))
	{
		copy("$dir/$kind.conf", "$secrets/${kind}_$fault.conf") or die $!;
		chmod 0600, "$secrets/${kind}_$fault.conf";
	}
}

my $node = billing_node('faults', preload => 'billing',
	conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '$secrets'", 'log_statement = all', 'log_min_messages = debug1', 'track_activity_query_size = 16384' ]);
my $dbh = connect_dbi($node);

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub balance { my ($account) = @_; return value('SELECT balance FROM billing.balance($1)', $account) }

my $last_key = 0;
my $last_account = 1000;
sub new_account { my $account = ++$last_account; $dbh->do('SELECT billing.create_account($1, \'cn\')', undef, $account); return $account }

sub topup
{
	my ($account, $amount, $method) = @_;
	return value('SELECT order_id FROM billing.create_topup($1, $2, $3, $4)', $account, $amount, $method, 'key ' . ++$last_key);
}

sub order
{
	my ($account, $order) = @_;
	return row('SELECT * FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2', $account, $order);
}

sub show_account
{
	my ($account) = @_;
	my $all = sub { my ($table) = @_; return $dbh->selectall_arrayref("SELECT * FROM billing_books.$table WHERE account_id = \$1", { Slice => {} }, $account) };
	return diag(explain([ map { $all->($_) } qw(payment_order payment gateway_call) ]));
}

sub order_that_is
{
	my ($account, $order, $state, $seconds) = @_;
	my $found = wait_until($seconds // 10, sub { my $is = order($account, $order); return $is->{state} eq $state && $is });
	show_account($account) unless $found;
	return $found;
}

# An account with an order that can be paid.
sub pending
{
	my ($method, $amount) = @_;
	my $account = new_account();
	my $order = topup($account, $amount // 10, $method);
	my $placed = order_that_is($account, $order, 'pending') or die "$method: the order of account $account was not placed";
	return ($account, $order, $placed->{gateway_number});
}

sub pay { my ($gateway, $number, %more) = @_; return $sim->control(pay => { gateway => $gateway, number => $number, %more }) }
sub send_notice { my ($gateway, $number, %more) = @_; $sim->control(notice => { gateway => $gateway, number => $number, %more }); return $sim->notices }

# Pays with a notice that nobody gets.
sub pay_silently
{
	my @what = @_;
	$sim->control(settings => { notices => 'off' });
	pay(@what);
	$sim->control(settings => { notices => 'on' });
	return;
}

# ---- every fault at every operation ----------------------------------------------------------------

my @cases;
for my $fault (sort keys %faults)
{
	for my $gateway (qw(wechat alipay))
	{
		next if ($of_one{$fault} // $gateway) ne $gateway;
		my $name = "${gateway}_$fault";
		$dbh->do('SELECT billing.set_gateway($1, $2, \'cn\', \'API credit\')', undef, $name, $gateway);
		$dbh->do('SELECT billing.set_payment_method($1, $1, $2)', undef, $name, $product{$gateway});
		push @cases, map { { fault => $fault, gateway => $gateway, name => $name, operation => $_, sim => $sims{$fault}, account => new_account() } } @operations;
	}
}
for my $gateway (qw(wechat alipay))
{
	$dbh->do('SELECT billing.set_gateway($1, $1, \'cn\', \'API credit\')', undef, $gateway);
	$dbh->do('SELECT billing.set_payment_method($1, $1, $2)', undef, $gateway, $product{$gateway});
}
$dbh->do('SELECT billing.arm()');
my %case_of = map { $_->{account} => $_ } @cases;
sub cases_of { my @wanted = @_; return grep { my $case = $_; grep { $_ eq $case->{operation} } @wanted } @cases }

# Brings each case up to date with what the books say of it.
sub look
{
	for my $row (@{ $dbh->selectall_arrayref(<<'S', { Slice => {} }) })
SELECT o.account_id, o.order_id, o.state, o.close_reason, o.gateway_number, p.state AS payment, p.amount, p.reason,
       (SELECT string_agg(c.kind, ',') FROM billing_books.gateway_call AS c WHERE c.account_id = o.account_id AND c.state = 'parked') AS parked
FROM billing_books.payment_order AS o LEFT JOIN billing_books.payment AS p USING (account_id, order_id)
S
	{
		my $case = $case_of{ $row->{account_id} } or next;
		@$case{qw(state close_reason number payment amount reason parked)} = @$row{qw(state close_reason gateway_number payment amount reason parked)};
	}
	return;
}

# Until `done` is true of all, or the time is over.
sub until_done
{
	my ($seconds, $done, @of) = @_;
	my $from = time;
	wait_until($seconds, sub { sleep 0.1; look(); return !grep { !$_->{done_after} && !($done->($_) && ($_->{done_after} = time - $from)) } @of });
	note(sprintf '%s %s %s: after %.1f s', @$_{qw(gateway operation fault done_after)}) for grep { ($_->{done_after} // 0) > 20 } @of;
	delete $_->{done_after} for @of;
	return;
}

sub place { my ($case) = @_; $case->{order} = topup($case->{account}, 10, $case->{name}); return }
sub cancel { my ($case) = @_; $dbh->do('SELECT billing.cancel_order($1, $2)', undef, $case->{account}, $case->{order}); return }

sub pay_case
{
	my ($case, %more) = @_;
	$case->{sim}->control(pay => { gateway => $case->{gateway}, number => $case->{number}, %more });
	return;
}

sub deliver_case
{
	my ($case) = @_;
	Simulators::hand_over($dbh, $_, gateway => "$_->{gateway}_$case->{fault}") for $case->{sim}->notices;
	return;
}

sub add_fault
{
	my ($case) = @_;
	my %fault = (kind => $case->{fault}, count => 2, %{ $faults{ $case->{fault} } });
	my %of = %{ $fault{ $case->{gateway} } // {} };
	delete @fault{qw(wechat alipay)};
	# Only a reply that has an amount can lie about it: the worker may ask before it is paid.
	$fault{count} = 1000 if $case->{operation} eq 'query' && $case->{fault} eq 'wrong_amount';
	$case->{sim}->control(fault => { gateway => $case->{gateway}, operation => $case->{operation}, %fault, %of });
	return;
}

# Orders that are there before anything goes wrong. Those whose money comes late are closed by then.
my @late = cases_of(qw(refund refund_query));
my $began = time;
place($_) for cases_of(qw(query close refund refund_query));
until_done(30, sub { $_[0]{state} eq 'pending' }, cases_of(qw(query close refund refund_query)));
$_->{gateway} eq 'alipay' and $_->{sim}->control(scan => { number => $_->{number} }) for cases_of(qw(close refund refund_query));
cancel($_) for @late;
until_done(30, sub { $_[0]{state} eq 'closed' }, @late);
is(scalar(grep { $_->{state} ne 'closed' } @late), 0, 'orders are closed whose payments will be late');
sleep 2.1; # gateways tell whole seconds
note(sprintf 'set up: %.1f s', time - $began);

# At first faults of create, close and refund; only these orders are touched by them.
$began = time;
add_fault($_) for cases_of(qw(create close refund));
for my $case (cases_of('refund')) { pay_case($case, force => \1); deliver_case($case) }
cancel($_) for cases_of('close');
place($_) for cases_of('create');

# A refund that hung is asked for, made again and asked for again, each time after half of what has passed.
sub is_slow { my ($case) = @_; return $case->{operation} eq 'refund' && $case->{fault} eq 'hang' }

sub pay_once_pending
{
	my ($case) = @_;
	return if $case->{state} ne 'pending' || $case->{paid}++;
	pay_case($case);
	deliver_case($case);
	return;
}
until_done(75, sub {
	my ($case) = @_;
	return ($case->{payment} // '') ne 'returning' || $case->{parked} if $case->{operation} eq 'refund';
	return $case->{state} eq 'closed' if $case->{operation} eq 'close';
	pay_once_pending($case);
	return $case->{state} =~ /^(paid|closed)$/;
}, grep { !is_slow($_) } cases_of(qw(create close refund)));
note(sprintf 'create, close, refund: %.1f s', time - $began);

# Then of asking, for orders and for refunds.
$began = time;
for my $case (cases_of('create')) { $case->{sim}->control(no_faults => { gateway => $case->{gateway} }) }
add_fault($_) for cases_of(qw(query refund_query));
for my $case (cases_of('query'))
{
	pay_case($case);
	$case->{sim}->notices;
	$case->{refreshed} = 0;
}
for my $case (cases_of('refund_query')) { pay_case($case, force => \1); deliver_case($case) }
until_done(75, sub {
	my ($case) = @_;
	return ($case->{payment} // '') ne 'returning' || $case->{parked} if $case->{operation} =~ /^refund/;
	if ($case->{state} eq 'pending' && time - $case->{refreshed} > 5.2)
	{
		$case->{refreshed} = time;
		eval { $dbh->do('SELECT billing.refresh_order($1, $2)', undef, $case->{account}, $case->{order}) };
	}
	return $case->{state} =~ /^(paid|closed)$/;
}, cases_of(qw(query refund_query)), grep { is_slow($_) } cases_of('refund'));
note(sprintf 'query, refund_query: %.1f s', time - $began);

# What is to become of a case: its order, its payment, its balance.
sub expected
{
	my ($case) = @_;
	my $what = "$case->{gateway} $case->{operation} $case->{fault}";
	return 'closed - 0' if $case->{operation} eq 'close';
	if ($case->{operation} =~ /^refund/)
	{
		# It says that another amount went back: somebody must look.
		return 'closed returning 0 parked refund' if $what =~ /refund_query wrong_amount/;
		return 'closed returned 0';
	}
	return 'closed held 0' if $what =~ /query wrong_amount/;
	return 'paid credited 10';
}

sub outcome
{
	my ($case) = @_;
	return sprintf '%s %s %g%s', $case->{state}, $case->{payment} // '-', balance($case->{account}), $case->{parked} ? " parked $case->{parked}" : '';
}

# Whether something that can be believed came behind the last reply that could not.
my %asks = (create => ['create'], query => ['query'], close => [qw(close query)], refund => [qw(refund refund_query)], refund_query => ['refund_query']);
sub heard_again
{
	my ($case, $log) = @_;
	my $found;
	for my $entry (@$log)
	{
		next if !grep { $_ eq $entry->{operation} } @{ $asks{ $case->{operation} } };
		$found = !$entry->{fault} if $entry->{fault} && $entry->{operation} eq $case->{operation} || defined $found && !$entry->{fault};
	}
	return $found;
}

my %books = map { $_ => $sims{$_}->control('books') } keys %sims;
for my $case (@cases)
{
	my $name = "$case->{gateway}, $case->{operation}, $case->{fault}";
	my $books = $books{ $case->{fault} }{ $case->{gateway} };
	my ($theirs) = grep { $_->{number} eq $case->{number} } @{ $books->{orders} };
	my $kind = $faults{ $case->{fault} }{kind} // $case->{fault};
	is(outcome($case), expected($case), "$name: it ends rightly") or show_account($case->{account});
	ok(scalar(grep { $_->{operation} eq $case->{operation} && ($_->{fault} // '') eq $kind } @{ $books->{log} }), "$name: the fault came");
	ok(heard_again($case, $books->{log}), "$name: and was not the last word")
	  unless $harmless{ $case->{fault} } || $harmless_at{"$case->{gateway} $case->{operation} $case->{fault}"} || $case->{fault} eq 'wrong_amount';
	is($theirs->{state}, 'closed', "$name: it is closed there, too") if $case->{operation} eq 'close';
	is(scalar(@{ $theirs->{refunds} }), 1, "$name: it went back once") if $case->{operation} =~ /^refund/;
}
for my $fault (sort keys %sims)
{
	for my $gateway (qw(wechat alipay))
	{
		my $books = $books{$fault}{$gateway};
		next if !@{ $books->{orders} };
		my $theirs = 0;
		for my $order (@{ $books->{orders} })
		{
			$theirs += $order->{paid_fen} // 0;
			$theirs -= $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
		}
		my $ours = value('SELECT coalesce(sum(amount), 0) * 100 FROM billing_books.payment WHERE gateway = $1 AND state IN (\'credited\', \'held\', \'returning\')', "${gateway}_$fault");
		# What was a lie: a fen more of a payment, and a refund that did go back but waits for somebody.
		my $lies = $fault eq 'wrong_amount' ? 1001 : 0;
		cmp_ok($ours - $lies, '==', $theirs, "$gateway, $fault: their books and ours agree");
		is_deeply([ grep { ($_->{target} // '') =~ /redirected/ } @{ $books->{log} } ], [], "$gateway, $fault: no redirection is followed");
	}
}
is(value('SELECT count(*) FROM (SELECT FROM billing_books.ledger_entry AS e WHERE debit IN (\'gateway\', \'suspense\') AND credit = \'cash\' GROUP BY account_id HAVING count(*) > 1) AS twice'), 0, 'nothing is credited twice');
verify_empty($node, 'after the faults the books are whole');
$_->stop for values %sims;

# ---- faults of notices -----------------------------------------------------------------------------

my %notice_faults = (
	wechat => [qw(unsigned wrong_signature wrong_serial stale probe broken_tag duplicate_keys invalid_json huge_numbers wrong_charset)],
	alipay => [qw(unsigned wrong_signature duplicate_keys)],
);
for my $gateway (qw(wechat alipay))
{
	my ($account, $order, $number) = pending($gateway);
	pay_silently($gateway, $number);
	for my $kind (@{ $notice_faults{$gateway} })
	{
		my ($notice) = send_notice($gateway, $number, kind => $kind);
		my ($status, $body) = Simulators::hand_over($dbh, $notice);
		cmp_ok($status, '>=', 500, "$gateway, notice, $kind: it is not accepted");
		unlike($body, qr/SUCCESS|success/, "$gateway, notice, $kind: nor does the body say so");
		is(balance($account), '0.000000000', "$gateway, notice, $kind: it credits nothing");
	}
	is(value('SELECT count(*) FROM billing_books.gateway_notice WHERE gateway = $1 AND state = \'unverified\'', $gateway), scalar @{ $notice_faults{$gateway} }, "$gateway: all are kept, unverified");
	is(order($account, $order)->{state}, 'pending', "$gateway: the order can be paid still");
	my ($notice) = send_notice($gateway, $number);
	is((Simulators::hand_over($dbh, $notice))[0], 200, "$gateway: a genuine one is accepted");
	is(balance($account), '10.000000000', "$gateway: and credited");

	# One bit of it, anywhere in what is signed; twice; many times at once.
	for my $header (grep { /Wechatpay-(Timestamp|Nonce|Signature|Serial)$/ } keys %{ $notice->{headers} })
	{
		my %headers = %{ $notice->{headers} };
		$headers{$header} =~ s/([0-9A-Za-z])([^0-9A-Za-z]*)$/($1 eq '7' ? '8' : '7') . $2/e;
		cmp_ok((Simulators::hand_over($dbh, { %$notice, headers => \%headers }))[0], '>=', 500, "$gateway: another $header is found out");
	}
	is((Simulators::hand_over($dbh, $notice))[0], 200, "$gateway: again");
	is(balance($account), '10.000000000', "$gateway: once is once");
}

# A signature over the type of the signature as well, and one that was long under way, are Alipay's own ways.
for my $kind (qw(with_sign_type stale))
{
	my ($account, $order, $number) = pending('alipay');
	pay_silently('alipay', $number);
	is((Simulators::hand_over($dbh, (send_notice('alipay', $number, kind => $kind))[0]))[0], 200, "alipay, notice, $kind: it is accepted");
	is(balance($account), '10.000000000', "alipay, notice, $kind: and credited");
}

# Many at once, each by its own session, and the gateway asked meanwhile.
{
	my ($account, $order, $number) = pending('wechat');
	pay('wechat', $number);
	my ($notice) = $sim->notices;
	my @sessions = map { connect_dbi($node) } 1 .. 6;
	my @pids;
	for my $session (@sessions)
	{
		my $pid = fork // die $!;
		if (!$pid)
		{
			my $own = connect_dbi($node);
			my $good = grep { (Simulators::hand_over($own, $notice))[0] == 200 } 1 .. 5;
			require POSIX;
			POSIX::_exit($good == 5 ? 0 : 1);
		}
		push @pids, $pid;
	}
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order) if order($account, $order)->{state} ne 'paid';
	my $bad = 0;
	for (@pids) { waitpid $_, 0; $bad++ if $? }
	is($bad, 0, 'one notice 30 times at once: each is accepted');
	is(balance($account), '10.000000000', 'and credited once');
	$_->disconnect for @sessions;
}

# ---- what does not fit -----------------------------------------------------------------------------

# Genuine, but of another amount, or of a number that is not ours: held, and never credited or returned by itself.
for my $gateway (qw(wechat alipay))
{
	my ($account, $order, $number) = pending($gateway, 100);
	pay($gateway, $number, amount_fen => 9900);
	is_deeply([ $sim->deliver($dbh) ], [200], "$gateway, 99 of 100: the notice is accepted");
	is_deeply([ map { @$_{qw(state reason)} } row('SELECT state, reason FROM billing_books.payment WHERE account_id = $1', $account) ], [ 'held', 'amount' ], "$gateway, 99 of 100: held");
	is(order($account, $order)->{close_reason}, 'unmatched', "$gateway, 99 of 100: the order is over");
	$order = topup($account, 100, $gateway);
	$number = order_that_is($account, $order, 'pending')->{gateway_number};
	pay($gateway, $number);
	is_deeply([ $sim->deliver($dbh) ], [200], "$gateway: 100 by another order");
	is(balance($account), '100.000000000', "$gateway: are credited");
	is(value('SELECT state FROM billing_books.payment WHERE account_id = $1 AND amount = 99', $account), 'held', "$gateway: the 99 wait for somebody");

	# The same by asking.
	($account, $order, $number) = pending($gateway, 100);
	pay_silently($gateway, $number, amount_fen => 10001);
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order);
	ok(order_that_is($account, $order, 'closed'), "$gateway, asked, 100.01 of 100: the order is over");
	is(value('SELECT state || \' \' || reason FROM billing_books.payment WHERE account_id = $1', $account), 'held amount', "$gateway, asked, 100.01 of 100: held");

	# A notice of a number that has a letter more.
	($account, $order, $number) = pending($gateway);
	pay_silently($gateway, $number);
	my ($notice) = send_notice($gateway, $number, kind => 'wrong_number');
	is((Simulators::hand_over($dbh, $notice))[0], 200, "$gateway, unknown number: the notice is accepted");
	is(balance($account), '0.000000000', "$gateway, unknown number: not credited");
	my $transaction = $sim->order($gateway, $number)->{transaction_id};
	ok(wait_until(5, sub { value('SELECT count(*) = 1 FROM billing_books.payment WHERE transaction_id = $1 AND account_id < 0 AND state = \'held\' AND reason = \'unknown_order\' AND order_id IS NULL', $transaction) }),
		"$gateway, unknown number: held by the house");
	is(value('SELECT state FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1'), 'applied', "$gateway, unknown number: the message is applied");
}
is(value('SELECT count(DISTINCT account_id) FROM billing_books.payment WHERE account_id < 0'), 1, 'there is one house of a currency');

# Numbers of orders that other books placed at the same merchant.
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION billing; SELECT billing.install()');
list_databases($node, 'postgres', 'other');
{
	my $other = connect_dbi($node, 'other');
	my $mine = $dbh;
	$other->do($_) for map { ("SELECT billing.set_gateway('$_', '$_', 'cn', 'API credit')", "SELECT billing.set_payment_method('$_', '$_', '$product{$_}')") } qw(wechat alipay);
	$other->do('SELECT billing.create_account(a, \'cn\') FROM generate_series($1::bigint, $1 + 1) AS a', undef, $last_account);
	$other->do('SELECT billing.arm()');
	for my $gateway (qw(wechat alipay))
	{
		# The account and the order are there in both books: only the epoch tells.
		my ($account, $order) = pending($gateway);
		$other->do('SELECT billing.create_account($1, \'cn\')', undef, $account) if !$other->selectrow_array('SELECT count(*) FROM billing_books.account WHERE account_id = $1', undef, $account);
		# Other books may use a merchant's file where it says so, and not otherwise.
		my $stranger = $other->selectrow_array('SELECT order_id FROM billing.create_topup($1, 10, $2, $3)', undef, $account, $gateway, "stranger $gateway");
		ok(wait_until(20, sub { $other->selectrow_array('SELECT count(*) FROM billing_books.gateway_call WHERE account_id = $1 AND order_id = $2 AND code = \'database\'', undef, $account, $stranger) }), "$gateway: other books cannot use the merchant's file");
		$other->do('SELECT billing.cancel_order($1, $2)', undef, $account, $stranger);
		$sim->give_to($gateway, 'other');
		my $theirs = $other->selectrow_array('SELECT order_id FROM billing.create_topup($1, 10, $2, $3)', undef, $account, $gateway, "key $gateway");
		my $number = wait_until(20, sub { $other->selectrow_array('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND order_id = $2 AND state = \'pending\'', undef, $account, $theirs) });
		$sim->give_to($gateway, 'postgres');
		ok($number, "$gateway: other books place an order") or next;
		pay($gateway, $number);
		is_deeply([ $sim->deliver($dbh) ], [200], "$gateway: a notice of an order of other books is accepted");
		my $transaction = $sim->order($gateway, $number)->{transaction_id};
		ok(wait_until(5, sub { value('SELECT state = \'held\' AND account_id < 0 FROM billing_books.payment WHERE transaction_id = $1', $transaction) }), "$gateway: and is held by the house");
		is(balance($account), '0.000000000', "$gateway: the account of the same number gets nothing");
		is(order($account, $order)->{state}, 'pending', "$gateway: its order can be paid");
	}
	$other->disconnect;
}
list_databases($node, 'postgres');

# A second gateway of the same merchant: what is said at its address of an order of the first.
for my $gateway (qw(wechat alipay))
{
	copy("$secrets/$gateway.conf", "$secrets/${gateway}_two.conf") or die $!;
	chmod 0600, "$secrets/${gateway}_two.conf";
	$dbh->do('SELECT billing.set_gateway($1, $2, \'cn\', \'API credit\')', undef, "${gateway}_two", $gateway);
	my ($account, $order, $number) = pending($gateway);
	pay_silently($gateway, $number);
	my ($notice) = send_notice($gateway, $number);
	is((Simulators::hand_over($dbh, $notice, gateway => "${gateway}_two"))[0], 200, "$gateway: a notice at another gateway's address is accepted");
	is(value('SELECT string_agg(gateway || \' \' || state, \', \') FROM billing_books.payment WHERE account_id = $1', $account), "$gateway credited", "$gateway: and is the order's, once");
	my $foreign = $gateway eq 'wechat' ? 'alipay' : 'wechat';
	cmp_ok((Simulators::hand_over($dbh, $notice, gateway => $foreign))[0], '>=', 500, "$gateway: at the other provider's it is none");
}

# ---- keys change -----------------------------------------------------------------------------------

# A notice that comes before the merchant's file knows of the new key is sent again by the gateway, and then believed.
for my $change ([ 'wechat', 'platform_key' ], [ 'wechat', 'apiv3_key' ], [ 'alipay', 'platform_key' ])
{
	my ($gateway, $what) = @$change;
	my ($account, $order, $number) = pending($gateway);
	$sim->control(rotate => { gateway => $gateway, what => $what, configure => \0 });
	pay($gateway, $number);
	my ($notice) = $sim->notices;
	cmp_ok((Simulators::hand_over($dbh, $notice))[0], '>=', 500, "$gateway, new $what: a notice waits for it");
	is(balance($account), '0.000000000', "$gateway, new $what: nothing is credited before");
	$sim->control(configure => { gateway => $gateway });
	is((Simulators::hand_over($dbh, $notice))[0], 200, "$gateway, new $what: the same notice is believed after the file changed");
	is(balance($account), '10.000000000', "$gateway, new $what: and credited");
	($account, $order, $number) = pending($gateway);
	ok($number, "$gateway, new $what: orders are placed");
	pay_silently($gateway, $number);
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order);
	ok(order_that_is($account, $order, 'paid'), "$gateway, new $what: and asked for");
}

# Our own key: an order that was placed with the old one, one that is placed and one that is asked for while the file is old.
for my $gateway (qw(wechat alipay))
{
	my ($account, $order, $number) = pending($gateway);
	$sim->control(rotate => { gateway => $gateway, what => 'merchant_key', configure => \0 });
	my $between = new_account();
	my $placed = topup($between, 10, $gateway);
	pay_silently($gateway, $number);
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order);
	sleep 1.5;
	$sim->control(configure => { gateway => $gateway });
	my ($after) = pending($gateway);
	ok($after, "$gateway, new merchant_key: orders are placed");
	# Where the gateway refused the old key, the calls are parked (B&S 4.3): an operator has them made again.
	my $retry = value('SELECT to_regprocedure(\'billing.retry_gateway_call(bigint,bigint,text,text)\') IS NOT NULL');
	for my $parked (@{ $dbh->selectcol_arrayref('SELECT account_id || \', \' || call_id FROM billing_books.gateway_call WHERE state = \'parked\' AND account_id IN ($1, $2)', undef, $account, $between) })
	{
		eval { $dbh->do("SELECT billing.retry_gateway_call($parked)"); 1 } or diag("retry_gateway_call($parked): $@");
	}
	sleep 4; # refresh_order() is at most once in 5 s
	eval { $dbh->do('SELECT billing.refresh_order($1, $2)', undef, $account, $order) };
	ok(order_that_is($account, $order, 'paid', 20), "$gateway, new merchant_key: one that was paid meanwhile is found");
	ok(order_that_is($between, $placed, 'pending', 20), "$gateway, new merchant_key: one that was placed meanwhile can be paid");
}

# What a merchant sells has another name: a create that is sent again is the same, byte for byte (B&S 4.3).
for my $gateway (qw(wechat alipay))
{
	$sim->control(fault => { gateway => $gateway, operation => 'create', kind => 'lost' });
	my $account = new_account();
	my $order = topup($account, 10, $gateway);
	wait_until(5, sub { grep { ($_->{fault} // '') eq 'lost' } @{ $sim->control('books')->{$gateway}{log} } });
	$dbh->do('SELECT billing.set_gateway($1, $1, \'cn\', $2)', undef, $gateway, 'Credit for the API');
	ok(order_that_is($account, $order, 'pending', 8), "$gateway: an order can be paid whose create was lost before its subject changed");
	my ($next) = pending($gateway);
	ok($next, "$gateway: the next one is placed");
	$dbh->do('SELECT billing.cancel_order($1, $2)', undef, $account, $order) if order($account, $order)->{state} eq 'created';
}

# The certificate: who has the old authority only does not connect, and nothing is sent.
{
	my ($account, $order, $number) = pending('wechat');
	$sim->control(rotate => { gateway => 'wechat', what => 'certificate', configure => \0 });
	my $between = new_account();
	my $placed = topup($between, 10, 'alipay');
	ok(wait_until(5, sub { value('SELECT result = \'not_delivered\' FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'create\'', $between) }), 'an unknown certificate: nothing is delivered')
	  or show_account($between);
	$sim->control(configure => { gateway => $_ }) for qw(wechat alipay);
	ok(order_that_is($between, $placed, 'pending', 20), 'once its authority is known the order is placed');
}
verify_empty($node, 'after the changes of keys the books are whole');

# ---- one that hangs --------------------------------------------------------------------------------

{
	$sim->control(hang => { gateway => 'alipay', on => \1 });
	my @hanging = map { my $account = new_account(); [ $account, topup($account, 10, 'alipay') ] } 1 .. 40;
	sleep 0.5;
	my @seconds;
	for my $i (1 .. 40)
	{
		my $account = new_account();
		my $from = time;
		my $order = topup($account, 10, 'wechat');
		my $placed = order_that_is($account, $order, 'pending') or last;
		push @seconds, time - $from;
		pay('wechat', $placed->{gateway_number});
		$sim->deliver($dbh);
		is(order($account, $order)->{state}, 'paid', "an order is paid while the other gateway hangs ($i)");
		sleep 0.15;
	}
	is(scalar @seconds, 40, 'alipay hangs: every order of wechat is placed');
	cmp_ok((sort { $b <=> $a } @seconds)[0], '<', 1, 'alipay hangs: each within a second');
	my @on_their_way = grep { order(@$_)->{state} eq 'created' } @hanging;
	is(scalar @on_their_way, 40, 'alipay hangs: its orders wait');
	$sim->control(fault => { gateway => 'alipay', operation => 'create', kind => 'delay', ms => 300, count => 1000 });
	$sim->control(hang => { gateway => 'alipay', on => \0 });
	my $from = time;
	ok(wait_until(75, sub { !value('SELECT unavailable_since FROM billing_books.gateway WHERE gateway = \'alipay\'') }), 'alipay answers again: it is shown as available');
	ok(scalar(grep { order(@$_)->{state} eq 'created' } @hanging), 'while its orders are being placed');
	ok(wait_until(75, sub { sleep 0.2; !grep { order(@$_)->{state} ne 'pending' } @hanging }), 'alipay answers again: they are placed')
	  or show_account((grep { order(@$_)->{state} ne 'pending' } @hanging)[0][0]);
	# 8 calls hung, and failed: the first probe comes 10 s later, not 60.
	cmp_ok(time - $from, '<', 25, 'soon');
	note(sprintf 'placed %.1f s after it answered again', time - $from);
	$sim->control(no_faults => { gateway => 'alipay' });
	ok(eval { pending('alipay'); 1 }, 'alipay is offered again') or diag($@);
}

# ---- an account that somebody holds ----------------------------------------------------------------

# Its calls wait; they delay nobody else's, and the worker sleeps meanwhile.
sub cpu_seconds
{
	my ($pid) = @_;
	open my $stat, '<', "/proc/$pid/stat" or die $!;
	my @fields = split ' ', (<$stat> =~ s/^.*\) //r);
	return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}
{
	require POSIX;
	my $held = new_account();
	my $session = connect_dbi($node);
	my $worker = value('SELECT pid FROM pg_stat_activity WHERE backend_type = \'billing gateway\' AND datname = \'postgres\'');
	# 12 orders at once, more than calls of a gateway are made at a time.
	my @orders = map { topup($held, 10, 'wechat') } 1 .. 12;
	order_that_is($held, $_, 'pending') for @orders;
	$session->begin_work;
	$session->do('SELECT FROM billing_books.account WHERE account_id = $1 FOR UPDATE', undef, $held);
	# Due, all of them, as they are 15 s after they were placed.
	$dbh->do('UPDATE billing_books.gateway_call SET due_at = now() WHERE account_id = $1 AND kind = \'follow\' AND state = \'queued\'', undef, $held);
	my $other = new_account();
	my $from = time;
	my $cpu = cpu_seconds($worker);
	my $order = topup($other, 10, 'wechat');
	ok(order_that_is($other, $order, 'pending', 5), 'an account is held: an order of another is placed');
	cmp_ok(time - $from, '<', 1, 'an account is held: within a second');
	sleep 3;
	cmp_ok(cpu_seconds($worker) - $cpu, '<', 0.5, 'an account is held: the worker sleeps');
	$session->rollback;

	# What gateways say of it waits, too: each alone may wait for the account, all together not.
	sub seconds_to_place
	{
		my ($method) = @_;
		my $account = new_account();
		my $from = time;
		my $order = topup($account, 10, $method);
		return order_that_is($account, $order, 'pending', 15) ? time - $from : 99;
	}
	order_that_is($held, $_, 'pending') for @orders;
	pay('wechat', order($held, $_)->{gateway_number}) for @orders;
	my @notices = $sim->notices;
	$session->begin_work;
	$session->do('SELECT FROM billing_books.account WHERE account_id = $1 FOR UPDATE', undef, $held);
	$dbh->do('SET lock_timeout = \'20ms\'');
	is((Simulators::hand_over($dbh, $_))[0], 200, 'an account is held: a notice of it is kept') for @notices;
	$dbh->do('RESET lock_timeout');
	cmp_ok((sort { $b <=> $a } map { seconds_to_place('alipay') } 1 .. 4)[0], '<', 1, 'an account is held of which 12 notices wait: orders of others are placed within a second');
	$session->rollback;
	ok(wait_until(20, sub { balance($held) eq '120.000000000' }), 'let go: all are credited');

	# And so do answers that cannot be recorded.
	my @more = map { topup($held, 10, 'wechat') } 1 .. 8;
	order_that_is($held, $_, 'pending') for @more;
	$sim->control(fault => { gateway => 'wechat', operation => 'query', kind => 'delay', ms => 700, count => 8 });
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, $held, $_) for @more;
	ok(wait_until(5, sub { 8 == value('SELECT count(*) FROM billing_books.gateway_call WHERE account_id = $1 AND state = \'sending\'', $held) }), 'eight calls of an account are made');
	$session->begin_work;
	$session->do('SELECT FROM billing_books.account WHERE account_id = $1 FOR UPDATE', undef, $held);
	sleep 1;
	cmp_ok((sort { $b <=> $a } map { seconds_to_place('alipay') } 1 .. 4)[0], '<', 1, 'an account is held of which 8 answers wait: orders of others are placed within a second');
	$session->rollback;
	$session->disconnect;
	$sim->control(no_faults => { gateway => 'wechat' });
}

# ---- secrets ---------------------------------------------------------------------------------------

# Every line of a key, the APIv3 key, and what is signed or sealed with them stands in the secrets' files alone.
sub read_if_there
{
	my ($file) = @_;
	open my $in, '<', $file or return '';
	local $/;
	return scalar(<$in>) // '';
}
sub secret_texts
{
	my %texts;
	for my $file (glob("$secrets/*.pem"), glob("$secrets/*.key"), glob("$secrets/sim/*"))
	{
		next if $file =~ m{/(ca|tls)\.pem$} || $file =~ /PUB_KEY|alipay-[0-9a-f]{16}\.pem/;
		my $text = PostgreSQL::Test::Utils::slurp_file($file);
		$text =~ s/\\n/\n/g;
		my $is_private;
		for my $line (split /\n/, $text)
		{
			$is_private = 1 if $line =~ /BEGIN (RSA |EC )?PRIVATE KEY/;
			$texts{$1} = $file if $line =~ /"apiv3_key": "([^"]+)"/;
			$texts{$line} = $file if $file =~ /\.key$/ && length $line;
			$texts{$line} = $file if $is_private && $line =~ /^[A-Za-z0-9+\/=]{40,}$/;
			$is_private = 0 if $line =~ /END (RSA |EC )?PRIVATE KEY/;
		}
	}
	return \%texts;
}
{
	my $texts = secret_texts();
	cmp_ok(scalar(keys %$texts), '>', 100, 'there are secrets to look for');
	my $activity = join "\n", map { join "\t", map { $_ // '' } @$_ } @{ $dbh->selectall_arrayref('SELECT * FROM pg_stat_activity') };
	my $settings = join "\n", map { join "\t", map { $_ // '' } @$_ } @{ $dbh->selectall_arrayref('SELECT name, setting FROM pg_settings') };
	my ($dump) = PostgreSQL::Test::Utils::run_command([ 'pg_dump', '-p', $node->port, '-h', $node->host, 'postgres' ]);
	like($dump, qr/gateway_notice/, 'the dump has what was received');
	my %places = (
		'the log' => PostgreSQL::Test::Utils::slurp_file($node->logfile),
		'pg_stat_activity' => $activity,
		'pg_settings' => $settings,
		'a dump' => $dump,
		'a command line' => join("\n", map { read_if_there($_) } glob '/proc/[0-9]*/cmdline'),
		'an environment' => join("\n", map { read_if_there($_) } glob '/proc/[0-9]*/environ'),
	);
	for my $place (sort keys %places)
	{
		my @found = grep { index($places{$place}, $_) >= 0 } keys %$texts;
		is(scalar @found, 0, "no secret in $place") or diag(join "\n", map { $texts->{$_} } @found);
	}
	# bytea is written in hexadecimal.
	my @found = grep { index($dump, unpack 'H*', $_) >= 0 } keys %$texts;
	is(scalar @found, 0, 'nor in hexadecimal');
	unlike($places{'the log'}, qr/PANIC|terminated by signal|TRAP:/, 'nothing crashed');
}

verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop('fast');
$sim->stop;
done_testing();
