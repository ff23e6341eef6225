# The program that calls gateways is killed, its worker ended, the server struck down between any two steps of a call: what was
# paid is credited once, what came late goes back once. And who may call: no copy, no dump, no standby before arm().
use strict;
use warnings;

use DBD::Pg;
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;
use Simulators;

my $sim = Simulators->new;
my $secrets = $sim->secrets_dir;
my @conf = ("billing.databases = 'postgres'", "billing.secrets_dir = '$secrets'", 'restart_after_crash = on', 'log_statement = none');
my $node = billing_node('kills', preload => 'billing', conf => \@conf, init => { allows_streaming => 1 });
my $dbh = connect_dbi($node);
my %product = (wechat => 'native', alipay => 'qr');

# The server may be down for a moment: a new session then. The same call has the same key.
sub try_sql
{
	my ($what) = @_;
	my $answer;
	my $good = eval { $answer = $what->(); 1 };
	return $answer if $good;
	my $error = $@;
	return undef if $dbh && $dbh->ping;
	wait_until(20, sub { eval { $dbh = connect_dbi($node); 1 } || do { sleep 0.1; 0 } }) or die "the server does not come back: $error";
	return undef;
}
sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub worker_pid { my ($of, $database) = @_; return scalar(($of // $dbh)->selectrow_array('SELECT pid FROM pg_stat_activity WHERE backend_type = \'billing gateway\' AND datname = $1', undef, $database // 'postgres')) }
sub caller_pids { my ($worker) = @_; return $worker ? split ' ', `pgrep -P $worker` : () }
sub show { my ($account) = @_; return diag(explain([ map { $dbh->selectall_arrayref("SELECT * FROM billing_books.$_ WHERE account_id = \$1", { Slice => {} }, $account) } qw(payment_order payment gateway_call) ])) }
sub show_worker
{
	my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
	return diag(join "\n", (map { join ' ', map { $_ // '-' } @$_ } @{ $dbh->selectall_arrayref('SELECT name, value FROM billing.status()') }), grep { /parks|gateway|supervisor|terminated by/ && !/STATEMENT|HINT|ERROR/ } (split /\n/, $log)[ -60 .. -1 ]);
}
sub log_of { my ($gateway) = @_; return $sim->control('books')->{$gateway}{log} }
sub requests { return map { scalar @{ log_of($_) } } qw(wechat alipay) }

sub set_up
{
	my ($session) = @_;
	$session->do($_) for map { ("SELECT billing.set_gateway('$_', '$_', 'cn', 'API credit')", "SELECT billing.set_payment_method('$_', '$_', '$product{$_}')") } qw(wechat alipay);
	return;
}
set_up($dbh);
$dbh->do('SELECT billing.arm()');

# ---- orders, of which some are cancelled and paid all the same -------------------------------------

my @items;
my $last_account = 0;

sub add_items
{
	my ($count) = @_;
	for (1 .. $count)
	{
		my $account = ++$last_account;
		$dbh->do('SELECT billing.create_account($1, \'cn\')', undef, $account);
		push @items, { account => $account, gateway => $account % 2 ? 'wechat' : 'alipay', kind => $account % 5 < 2 ? 'late' : 'paid' };
	}
	return;
}

sub look
{
	my ($item) = @_;
	# A gateway that does not answer takes no orders (LB513): tried again, not too often.
	return if !$item->{order} && time - ($item->{tried} // 0) < 0.3;
	$item->{tried} = time;
	$item->{order} //= try_sql(sub { value('SELECT order_id FROM billing.create_topup($1, 10, $2, $3)', $item->{account}, $item->{gateway}, 'the order') });
	my $is = $item->{order} && try_sql(sub { row(<<'S', $item->{account}, $item->{order}) });
SELECT o.state, o.gateway_number, p.state AS payment
FROM billing_books.payment_order AS o LEFT JOIN billing_books.payment AS p USING (account_id, order_id) WHERE o.account_id = $1 AND o.order_id = $2
S
	@$item{qw(state number payment)} = @$is{qw(state gateway_number payment)} if $is;
	return;
}

# Every second notice is lost.
my $notices_seen = 0;
sub deliver_some
{
	for my $notice ($sim->notices)
	{
		next if $notices_seen++ % 2;
		try_sql(sub { return (Simulators::hand_over($dbh, $notice))[0] });
	}
	return;
}

sub push_paid
{
	my ($item) = @_;
	return if $item->{state} ne 'pending';
	if (!$item->{paid}++)
	{
		$sim->control(pay => { gateway => $item->{gateway}, number => $item->{number} });
		deliver_some();
		$item->{refreshed} = time - 3;
	}
	elsif (time - $item->{refreshed} > 5.2)
	{
		$item->{refreshed} = time;
		try_sql(sub { $dbh->do('SELECT billing.refresh_order($1, $2)', undef, @$item{qw(account order)}) });
	}
	return;
}

sub push_late
{
	my ($item) = @_;
	if ($item->{state} eq 'pending')
	{
		$sim->control(scan => { number => $item->{number} }) if $item->{gateway} eq 'alipay';
		try_sql(sub { $dbh->do('SELECT billing.cancel_order($1, $2)', undef, @$item{qw(account order)}) });
	}
	return if $item->{state} ne 'closed' || defined $item->{payment};
	$item->{closed} //= time;
	return if time - $item->{closed} < 2.1;
	if (!$item->{paid}++)
	{
		$sim->control(pay => { gateway => $item->{gateway}, number => $item->{number}, force => \1 });
		deliver_some();
		$item->{noticed} = time;
	}
	elsif (time - $item->{noticed} > 1)
	{
		$item->{noticed} = time;
		$sim->control(notice => { gateway => $item->{gateway}, number => $item->{number} });
		deliver_some();
	}
	return;
}

sub is_done { my ($item) = @_; return $item->{kind} eq 'paid' ? ($item->{state} // '') eq 'paid' : ($item->{payment} // '') eq 'returned' }

# One step of every order that is not done; returns how many are not.
sub push_on
{
	my @open = grep { !is_done($_) } @items;
	for my $item (@open)
	{
		look($item);
		next if !defined $item->{state};
		$item->{kind} eq 'paid' ? push_paid($item) : push_late($item);
	}
	return scalar @open;
}

sub agree
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $books = $sim->control('books');
	for my $gateway (qw(wechat alipay))
	{
		my $theirs = 0;
		for my $order (@{ $books->{$gateway}{orders} })
		{
			$theirs += $order->{paid_fen} // 0;
			$theirs -= $_->{amount_fen} for grep { $_->{state} eq 'SUCCESS' } @{ $order->{refunds} };
		}
		cmp_ok(value('SELECT coalesce(sum(amount), 0) * 100 FROM billing_books.payment WHERE gateway = $1 AND state IN (\'credited\', \'held\', \'returning\')', $gateway), '==', $theirs, "$name: the books of $gateway and ours agree");
		is_deeply([ grep { @{ $_->{refunds} } > 1 } @{ $books->{$gateway}{orders} } ], [], "$name: $gateway gave nothing back twice");
	}
	is(value(<<'S'), 0, "$name: nothing is credited twice");
SELECT count(*) FROM (SELECT FROM billing_books.ledger_entry WHERE debit IN ('gateway', 'suspense') AND credit = 'cash' GROUP BY account_id HAVING count(*) > 1) AS twice
S
	verify_empty($node, "$name: verify() is empty");
	return;
}

# Waits for the end of all orders.
sub all_done
{
	my ($name, $seconds) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $from = time;
	my $good = wait_until($seconds, sub { sleep 0.1; return !push_on() });
	ok($good, "$name: every order ends") or show((grep { !is_done($_) } @items)[0]{account});
	is(value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'sending\' AND due_at < clock_timestamp() - interval \'5 s\''), 0, "$name: no call is left behind");
	note(sprintf '%s: all done after %.1f s', $name, time - $from);
	my @wrong = grep { my $item = $_; value('SELECT balance FROM billing.balance($1)', $item->{account}) != ($item->{kind} eq 'paid' ? 10 : 0) } @items;
	is(scalar @wrong, 0, "$name: each that was paid is credited once, the others are not") or show($wrong[0]{account});
	agree($name);
	return;
}

# Orders are placed, paid, cancelled and given back while something is broken again and again.
sub while_breaking
{
	my ($times, $break) = @_;
	for my $i (1 .. $times)
	{
		add_items(3);
		push_on() for 1 .. 1 + int rand 4;
		sleep rand 0.15;
		$break->($i);
		sleep rand 0.3;
		push_on();
	}
	return;
}

# ---- the caller is killed --------------------------------------------------------------------------

my $killed = 0;
while_breaking(16, sub {
	my ($i) = @_;
	my @callers = caller_pids(worker_pid());
	$killed += kill $i % 2 ? 'SEGV' : 'KILL', @callers;
});
cmp_ok($killed, '>=', 2, "callers were killed ($killed)");
all_done('callers killed', 100);
is(value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'parked\''), 0, 'callers killed: nothing is parked');

# One that is killed while it calls: the call is unknown at once, and asked for soon.
{
	$sim->control(fault => { gateway => 'wechat', operation => 'create', kind => 'hang', count => 1 });
	add_items(2);
	my ($item) = grep { $_->{gateway} eq 'wechat' } @items[ -2, -1 ];
	look($item);
	ok(wait_until(10, sub { grep { ($_->{fault} // '') eq 'hang' } @{ log_of('wechat') } }), 'a create hangs');
	my $from = time;
	kill 'KILL', caller_pids(worker_pid());
	ok(wait_until(3, sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'create\'', $item->{account}) ne 'sending' }), 'its caller is killed: the call leaves "sending" at once');
	ok(wait_until(30, sub { look($item); $item->{state} eq 'pending' }), 'it is asked for, and placed');
	cmp_ok(time - $from, '<', 8, 'within seconds');
	note(sprintf 'placed %.1f s after the caller was killed', time - $from);
}
all_done('caller killed once more', 60);

# ---- the worker is ended, the server is struck down -------------------------------------------------

$sim->control(fault => { gateway => $_, operation => 'create', kind => 'delay', ms => 300, count => 30 }) for qw(wechat alipay);
$sim->control(fault => { gateway => $_, operation => 'refund', kind => 'delay', ms => 300, count => 10 }) for qw(wechat alipay);
$sim->control(fault => { gateway => $_, operation => 'query', kind => 'delay', ms => 300, count => 30 }) for qw(wechat alipay);
while_breaking(6, sub { try_sql(sub { $dbh->do('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = \'billing gateway\'') }); sleep 0.9 });
while_breaking(5, sub {
	my ($i) = @_;
	$node->stop('immediate');
	$node->start;
	$dbh = connect_dbi($node);
	sleep 0.5 + rand 0.7;
});
# A worker that dies takes the server along, which comes back by itself; so do its caller and the worker's mark.
# (One that is killed at work twice within a minute is parked: it is killed once.)
{
	my $worker = wait_until(75, sub { try_sql(sub { worker_pid() }) });
	ok($worker, 'the server was struck down: there is a worker again') or show_worker();
	my @callers = caller_pids($worker);
	add_items(2);
	push_on();
	kill 'KILL', $worker;
	ok(wait_until(5, sub { !grep { kill 0, $_ } @callers }), 'the caller ends with its worker');
	sleep 0.5;
	try_sql(sub { value('SELECT 1') });
	ok(wait_until(75, sub { try_sql(sub { worker_pid() }) }), 'the worker was killed: there is another') or show_worker();
}
$sim->control(no_faults => { gateway => $_ }) for qw(wechat alipay);

# Between the claim and the request, and between the request and the record: of a create, a question and a refund.
sub three_calls
{
	my ($ready) = @_;
	my %calls;
	add_items(10);
	my @new = @items[ -10 .. -1 ];
	my ($late) = grep { $_->{kind} eq 'late' && $_->{gateway} eq 'wechat' } @new;
	my ($paid, $fresh) = grep { $_->{kind} eq 'paid' && $_->{gateway} eq 'wechat' } @new;
	ok(wait_until(90, sub { look($_) for $paid, $late; push_late($late) if ($late->{state} // '') eq 'pending'; ($paid->{state} // '') eq 'pending' && ($late->{state} // '') eq 'closed' }), 'orders to break are placed');
	sleep 2.1;
	$ready->();
	$sim->control(settings => { notices => 'off' });
	$sim->control(pay => { gateway => 'wechat', number => $paid->{number} });
	$sim->control(pay => { gateway => 'wechat', number => $late->{number}, force => \1 });
	$_->{paid} = 1, $_->{refreshed} = $_->{noticed} = time for $paid, $late;
	$sim->control(settings => { notices => 'on' });
	$sim->control(notice => { gateway => 'wechat', number => $late->{number} });
	Simulators::hand_over($dbh, $_) for $sim->notices;
	$dbh->do('SELECT billing.refresh_order($1, $2)', undef, @$paid{qw(account order)});
	look($fresh);
	ok(wait_until(5, sub { 3 == value(<<'S', $paid->{account}, $fresh->{account}, $late->{account}) }), 'three calls are being made') or diag(explain([ map { show($_->{account}) } $paid, $fresh, $late ]));
SELECT count(*) FROM billing_books.gateway_call WHERE state = 'sending' AND (account_id, kind) IN (($1, 'follow'), ($2, 'create'), ($3, 'refund'))
S
	return ($paid, $fresh, $late);
}
my $sent_before;
three_calls(sub { sleep 0.2; kill 'STOP', caller_pids(worker_pid()); ($sent_before) = requests() });
my ($sent_after) = requests();
is($sent_after, $sent_before, 'the server is struck down between claims and requests');
$node->stop('immediate');
$node->start;
$dbh = connect_dbi($node);
wait_until(15, sub { worker_pid() });

my @at_work = three_calls(sub { $sim->control(fault => { gateway => 'wechat', operation => $_, kind => 'delay', ms => 6000, count => 20 }) for qw(create query refund) });
sleep 0.5;
$node->stop('immediate');
$node->start;
$dbh = connect_dbi($node);
$sim->control(no_faults => { gateway => 'wechat' });
my $struck_at = time;
is(value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'sending\' AND account_id IN ($1, $2, $3)', map { $_->{account} } @at_work), 3, 'the server is struck down between requests and records');
ok(wait_until(75, sub { push_on(); sleep 0.2; !value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'sending\' AND account_id IN ($1, $2, $3)', map { $_->{account} } @at_work) }), 'calls that nobody answers leave "sending" by their lease');
note(sprintf 'after %.1f s', time - $struck_at);
all_done('struck down', 120);
is(value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'parked\''), 0, 'struck down: nothing is parked');

# ---- a shutdown is fast ----------------------------------------------------------------------------

$sim->control(hang => { gateway => $_, on => \1 }) for qw(wechat alipay);
add_items(12);
push_on();
ok(wait_until(10, sub { 8 <= value('SELECT count(*) FROM billing_books.gateway_call WHERE state = \'sending\'') }), 'calls hang');
{
	my @callers = caller_pids(worker_pid());
	is(scalar @callers, 1, 'one program makes them');
	$dbh->disconnect;
	my $from = time;
	$node->stop('fast');
	cmp_ok(time - $from, '<', 2, 'a fast shutdown takes less than 2 s');
	ok(wait_until(1, sub { !grep { kill 0, $_ } @callers }), 'and leaves no caller');
}
$sim->control(hang => { gateway => $_, on => \0 }) for qw(wechat alipay);

# ---- who may call ----------------------------------------------------------------------------------

# Places an order on a node and looks for three seconds whether anybody hears of it.
my $last_key = 0;
sub calls_nothing
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	# Whatever was on its way is over.
	sleep 0.5;
	my @before = requests();
	$session->do('SELECT billing.create_topup(1, 10, $1, $2)', undef, $_, 'key ' . ++$last_key) for qw(wechat alipay);
	$session->do('UPDATE billing_books.gateway_call SET due_at = now() WHERE state IN (\'queued\', \'unknown\')');
	sleep 3;
	is_deeply([ requests() ], \@before, "$name: no gateway is called");
	is($session->selectrow_array('SELECT count(*) FROM billing_books.payment_order WHERE state = \'created\' AND account_id = 1 AND gateway_number IS NULL') > 0, 1, "$name: orders wait");
	return;
}
sub calls
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $order = $session->selectrow_array('SELECT order_id FROM billing.create_topup(1, 10, \'wechat\', $1)', undef, 'key ' . ++$last_key);
	ok(wait_until(20, sub { $session->selectrow_array('SELECT state = \'pending\' FROM billing_books.payment_order WHERE account_id = 1 AND order_id = $1', undef, $order) }), "$name: gateways are called");
	return;
}

sub arm_again
{
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(eval { $dbh->do('SELECT billing.disarm()'); 1 }, 'disarm()') or diag($@);
	return if wait_until(5, sub { sleep 0.2; eval { $dbh->do('SELECT billing.arm(\'first\')'); 1 } });
	fail("arm() anew: $@");
	# Where nobody works, nobody holds the file.
	$dbh->do('SELECT billing.pause_workers(\'1 hour\')');
	wait_until(10, sub { !worker_pid() });
	$dbh->do('SELECT billing.arm(\'first\')');
	$dbh->do('SELECT billing.pause_workers(\'0\')');
	return;
}

# A copy of the data directory, beside the same secrets.
my $copy = PostgreSQL::Test::Cluster->new('copy');
make_path($copy->{_basedir} // PostgreSQL::Test::Utils::perl2host($copy->basedir)) if !-d $copy->basedir;
system('cp', '-a', $node->data_dir, $copy->data_dir) == 0 or die 'cp';
$copy->append_conf('postgresql.conf', 'port = ' . $copy->port);
$copy->start;
{
	my $session = connect_dbi($copy);
	ok(wait_until(15, sub { worker_pid($session) }), 'a copy: it has a worker');
	calls_nothing($session, 'a copy');
	$session->disconnect;
}
# Beside it, the original goes on; the copy does not when the original is gone.
$node->start;
$dbh = connect_dbi($node);
calls($dbh, 'the original beside its copy');
{
	my $session = connect_dbi($copy);
	my ($code, $out, $err) = $copy->psql('postgres', "SELECT billing.arm('me', 'by mistake')");
	like($err, qr/a worker holds its file|disarm/, 'a copy cannot be armed while the original calls');
	$session->disconnect;
}
$copy->stop('fast');

# The very directory, with what was in it a while ago: what a cold backup that is put back is.
{
	all_done('after the shutdown', 100);
	$dbh->disconnect;
	$node->stop('fast');
	my $backup = $node->basedir . '/cold';
	system('cp', '-a', $node->data_dir, $backup) == 0 or die 'cp';
	$node->start;
	$dbh = connect_dbi($node);
	calls($dbh, 'after the backup');
	$dbh->disconnect;
	$node->stop('fast');
	my $aside = $node->basedir . '/aside';
	system('cp', '-a', $node->data_dir, $aside) == 0 or die 'cp';
	system("rm -rf '" . $node->data_dir . "'/* && cp -a '$backup'/. '" . $node->data_dir . "/'") == 0 or die 'cp';
	$node->start;
	$dbh = connect_dbi($node);
	ok(wait_until(15, sub { worker_pid() }), 'put back into its own directory: there is a worker');
	calls_nothing($dbh, 'put back into its own directory');
	$dbh->disconnect;
	$node->stop('fast');
	# The books that know everything.
	system("rm -rf '" . $node->data_dir . "'/* && cp -a '$aside'/. '" . $node->data_dir . "/'") == 0 or die 'cp';
	$node->start;
	$dbh = connect_dbi($node);
	arm_again();
	calls($dbh, 'armed again');
}

# Refunds wait since: another person lets them go.
{
	my ($account, $number) = (++$last_account, undef);
	$dbh->do('SELECT billing.create_account($1, \'cn\')', undef, $account);
	my $order = value('SELECT order_id FROM billing.create_topup($1, 10, \'wechat\', \'late\')', $account);
	ok(wait_until(10, sub { $number = value('SELECT gateway_number FROM billing_books.payment_order WHERE account_id = $1 AND state = \'pending\'', $account) }), 'an order is placed');
	$dbh->do('SELECT billing.cancel_order($1, $2)', undef, $account, $order);
	wait_until(10, sub { value('SELECT state = \'closed\' FROM billing_books.payment_order WHERE account_id = $1', $account) });
	sleep 2.1;
	$sim->control(pay => { gateway => 'wechat', number => $number, force => \1 });
	$sim->deliver($dbh);
	ok(wait_until(5, sub { (value('SELECT result FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'refund\'', $account) // '') eq 'held' }), 'armed again: refunds wait');
	is(scalar @{ $sim->order('wechat', $number)->{refunds} }, 0, 'armed again: nothing goes back');
	$node->safe_psql('postgres', 'CREATE ROLE second SUPERUSER LOGIN');
	$node->safe_psql('postgres', 'SET SESSION AUTHORIZATION second; SELECT billing.release_refunds(g, \'nothing was given back\', \'second\') FROM unnest(\'{wechat,alipay}\'::text[]) AS g');
	ok(wait_until(20, sub { value('SELECT state = \'returned\' FROM billing_books.payment WHERE account_id = $1', $account) }), 'released: it goes back') or show($account);
}

# A dump in another database; in the same one, in place of what was dumped.
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
PostgreSQL::Test::Utils::system_or_bail('pg_dump', '-h', $node->host, '-p', $node->port, '-f', $dump, 'postgres');
sub restore { my ($database) = @_; return PostgreSQL::Test::Utils::system_or_bail('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-o', '/dev/null', '-f', $dump, $database) }
restore('restored');
list_databases($node, 'postgres', 'restored');
{
	my $session = connect_dbi($node, 'restored');
	ok(wait_until(15, sub { worker_pid($session, 'restored') }), 'a dump: it has a worker');
	# The original has orders that it asks for meanwhile.
	$dbh->do('SELECT billing.pause_workers(\'1 hour\')');
	wait_until(10, sub { !worker_pid() });
	$sim->give_to($_, 'restored') for qw(wechat alipay);
	calls_nothing($session, 'a dump in another database');
	$session->do('SELECT billing.arm()');
	calls($session, 'a dump after arm()');
	$session->disconnect;
	$dbh->do('SELECT billing.pause_workers(\'0\')');
	$sim->give_to($_, 'postgres') for qw(wechat alipay);
}
$node->safe_psql('postgres', 'DROP DATABASE restored WITH (FORCE)');
list_databases($node, 'postgres');

# A standby that is promoted while the primary is gone.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$dbh->disconnect;
$node->stop('fast');
$standby->promote;
{
	my $session = connect_dbi($standby);
	ok(wait_until(15, sub { worker_pid($session) }), 'promoted: it has a worker');
	calls_nothing($session, 'promoted');
	$session->do('SELECT billing.arm()');
	calls($session, 'promoted and armed');
	$session->disconnect;
}
# The old primary comes back: its file is another's by now.
$node->start;
$dbh = connect_dbi($node);
ok(wait_until(15, sub { worker_pid() }), 'the old primary is back');
{
	my $session = connect_dbi($standby);
	$session->do('SELECT billing.pause_workers(\'1 hour\')');
	wait_until(10, sub { !worker_pid($session) });
	$session->disconnect;
}
calls_nothing($dbh, 'the old primary');
$standby->stop('fast');
$dbh->do('SELECT billing.arm(\'first\', \'back\')');
calls($dbh, 'the old primary, armed');

# The dump in place of what is there now: the same database, the same file, other books.
{
	PostgreSQL::Test::Utils::system_or_bail('pg_dump', '-h', $node->host, '-p', $node->port, '-f', $dump, 'postgres');
	calls($dbh, 'after the dump');
	$dbh->do('SET client_min_messages = warning');
	$dbh->do('DROP EXTENSION billing CASCADE');
	ok(1, 'DROP EXTENSION while the worker runs');
	$dbh->do($_) for 'DROP SCHEMA billing_books CASCADE', 'DROP SCHEMA billing CASCADE';
	$dbh->disconnect;
	restore('postgres');
	$dbh = connect_dbi($node);
	ok(wait_until(15, sub { worker_pid() }), 'a dump in place: there is a worker');
	calls_nothing($dbh, 'a dump in place of what was dumped');
	arm_again();
	calls($dbh, 'a dump in place, armed');
}

# ---- the extension and the database go -------------------------------------------------------------

$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION billing; SELECT billing.install()');
list_databases($node, 'postgres', 'other');
{
	my $session = connect_dbi($node, 'other');
	set_up($session);
	$sim->give_to($_, 'other') for qw(wechat alipay);
	$session->do('SELECT billing.create_account(1, \'cn\')');
	$session->do('SELECT billing.arm()');
	calls($session, 'another database');
	$sim->control(hang => { gateway => 'wechat', on => \1 });
	$session->do('SELECT billing.create_topup(1, 10, \'wechat\', \'hangs\')');
	ok(wait_until(10, sub { $session->selectrow_array('SELECT count(*) > 0 FROM billing_books.gateway_call WHERE state = \'sending\' AND kind = \'create\'') }), 'a call hangs');
	my $worker = worker_pid($session, 'other');
	my $from = time;
	$session->do('SET client_min_messages = warning');
	$session->do('DROP EXTENSION billing CASCADE');
	cmp_ok(time - $from, '<', 1, 'DROP EXTENSION in the middle of a call takes less than a second');
	$sim->control(hang => { gateway => 'wechat', on => \0 });
	sleep 2;
	my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
	$session->do('CREATE EXTENSION billing');
	$session->do('SELECT billing.install()');
	$session->do('SELECT billing.migrate()');
	calls($session, 'made again');
	$sim->control(hang => { gateway => 'wechat', on => \1 });
	$session->do('SELECT billing.create_topup(1, 10, \'wechat\', \'hangs again\')');
	wait_until(10, sub { $session->selectrow_array('SELECT count(*) > 0 FROM billing_books.gateway_call WHERE state = \'sending\' AND kind = \'create\'') });
	my @callers = caller_pids(worker_pid($session, 'other'));
	$session->disconnect;
	my $size = length PostgreSQL::Test::Utils::slurp_file($node->logfile);
	$from = time;
	$node->safe_psql('postgres', 'DROP DATABASE other WITH (FORCE)');
	cmp_ok(time - $from, '<', 1, 'DROP DATABASE WITH (FORCE) in the middle of a call takes less than a second');
	ok(wait_until(2, sub { !grep { kill 0, $_ } @callers }), 'and leaves no caller');
	sleep 2;
	my $said = substr PostgreSQL::Test::Utils::slurp_file($node->logfile), $size;
	cmp_ok(scalar(() = $said =~ /\n/g), '<', 20, 'and no loop in the log') or diag(substr $said, 0, 2000);
	$sim->control(hang => { gateway => 'wechat', on => \0 });
}
list_databases($node, 'postgres');

# Nothing but what was struck down went wrong.
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|could not record the answer|LB901/, 'the log has nothing of its own');
verify_empty($node, 'the books are whole');
$dbh->disconnect;
$node->stop('fast');
$sim->stop;
done_testing();
