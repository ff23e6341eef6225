# Red confirmations that buyers begin at the tax bureau (R17, B&S 4.7): seen in Nuonuo's list, whole ones and those of a part, once each, through
# replies that are lost and pages that are many; none of them is taken for one of ours, and what an operator says is carried out.
use strict;
use warnings;
use utf8;

use DBD::Pg;
use File::Copy qw(copy);
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1);
my $node = billing_node('buyers_red', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$dbh->{pg_enable_utf8} = 1;

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub fault { my (%fault) = @_; return $sim->control(fault => { gateway => 'nuonuo', %fault }) }
sub books { return $sim->control('books')->{nuonuo} }
sub invoice { my ($account) = @_; return row('SELECT * FROM billing.invoices($1) WHERE kind <> \'x\' ORDER BY invoice_id LIMIT 1', $account) }
sub invoiceable { my ($account) = @_; return value('SELECT string_agg(trim_scale(invoiceable)::text, \' \' ORDER BY order_id) FROM billing.invoiceable($1)', $account) }
sub confirmation { my ($account) = @_; return row('SELECT *, trim_scale(amount)::text AS of FROM billing.red_confirmations($1) LIMIT 1', $account) }
sub confirmations { my ($account) = @_; return value('SELECT count(*) FROM billing.red_confirmations($1)', $account) }
sub attention { my ($account) = @_; return value('SELECT coalesce(string_agg(what, \', \' ORDER BY what), \'nothing\') FROM billing.attention WHERE account_id = $1', $account) }
sub told { my ($account) = @_; return value('SELECT string_agg(event || coalesce(\' \' || (payload ->> \'amount\'), \'\'), \', \' ORDER BY notification_no) FROM billing_books.notification WHERE account_id = $1 AND event IN (\'invoice_reversed\', \'red_confirmation_ended\', \'red_confirmation_awaits\')', $account) }
sub begin { my ($account, %fields) = @_; return $sim->control(red_begin => { gateway => 'nuonuo', invoice => invoice($account)->{number}, %fields })->{number} }
sub answer { my ($account, $answer) = @_; return $dbh->do('SELECT billing.resolve_red_confirmation($1, $2, $3, \'me\', \'why\')', undef, $account, confirmation($account)->{confirmation_no}, $answer) }

# Nobody waits here for what is asked later, and the list is due.
sub hasten
{
	$dbh->do('UPDATE billing_books.gateway_call SET due_at = now() - interval \'1 second\' WHERE due_at > now() AND state <> \'sending\'');
	$dbh->do('UPDATE billing_books.gateway SET confirmations_due_at = now() WHERE provider = \'nuonuo\'');
	return $dbh->do('SELECT billing.retry_gateway_calls(\'nuonuo\')'); # wakes the worker
}
sub becomes
{
	my ($wanted, $name, $got) = @_;
	my $last;
	my $is = wait_until(30, sub { hasten(); $last = $got->(); ($last // 'none') eq $wanted });
	ok($is, $name) or diag('it is ' . ($last // 'none') . "\n", explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call WHERE kind = \'red\'', { Slice => {} }), $dbh->selectall_arrayref('SELECT * FROM billing_books.red_confirmation', { Slice => {} })));
	return;
}
sub red_state { my ($account) = @_; return sub { my $is = confirmation($account); return $is ? "$is->{started_by} $is->{state}" : 'none' } }

$dbh->do($_) for (
	q(SELECT billing.set_policy('invoice_wait', '0')),
	q(SELECT billing.set_gateway('nuonuo', 'nuonuo', 'cn', 'Invoices')),
	q(SELECT billing.set_seller('cn', '销方有限公司', '*信息技术服务*API调用服务', 0.06, '339902999999789113', drawer => '李四', goods_code => '3040203000000000000', gateway => 'nuonuo')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 12) AS a),
	q(SELECT billing.set_invoice_title(a, 'company', 'enterprise', '某某科技有限公司', '91330106673959654P', '杭州', '0571-1', '工商银行', '6222') FROM generate_series(1, 12) AS a),
	q(SELECT billing.record_offline_payment(a, 100, 'a', a || ' a'), billing.record_offline_payment(a, 33.33, 'b', a || ' b') FROM generate_series(1, 12) AS a),
	q(SELECT billing.request_invoice(a, ARRAY[1, 2], 'company', 'special', 'a@b.example', NULL, 'invoice') FROM generate_series(1, 11) AS a),
	q(SELECT billing.arm()), q(SELECT billing.issue_due_invoices()),
);
becomes('11', 'invoices are issued', sub { value('SELECT count(*) FROM billing_books.invoice WHERE state = \'issued\'') });

# ---- of all of an invoice

begin(1);
becomes('buyer waiting_seller', 'what a buyer begins is seen, and waits for the seller', red_state(1));
is(invoice(1)->{state}, 'reversing', 'its invoice is being reversed');
is(confirmation(1)->{red_reason}, '01', 'for the bureau\'s reason');
is(confirmation(1)->{of}, undef, 'all of it');
is(attention(1), 'red confirmation waits', 'an operator has to answer');
is(told(1), undef, 'its buyer knows of it');
eval { answer(1, 'withdraw') };
is($dbh->state, 'LB551', 'only its buyer can withdraw it');
answer(1, 'agree');
becomes('reversed', 'the seller agrees', sub { invoice(1)->{state} });
is(confirmation(1)->{state}, 'red_issued', 'a red invoice followed');
is(invoiceable(1), '100 33.33', 'and its orders can be invoiced again');
is(told(1), 'invoice_reversed 133.33', 'its buyer hears of that');
hasten();
is(confirmations(1), 1, 'it is followed once');

begin(2);
becomes('buyer waiting_seller', 'another one', red_state(2));
answer(2, 'refuse');
becomes('buyer void', 'is refused', red_state(2));
is(invoice(2)->{state}, 'issued', 'the invoice stands');
begin(2);
becomes('2', 'and is begun again', sub { confirmations(2) });
$sim->control(red => { gateway => 'nuonuo', number => value('SELECT provider_id FROM billing_books.red_confirmation WHERE account_id = 2 AND confirmation_no = 2'), state => '07' });
becomes('buyer void', 'nobody answers for 72 hours', red_state(2));
is(invoice(2)->{state}, 'issued', 'the invoice stands');

begin(3, state => '01');
becomes('reversed', 'one that nobody need confirm', sub { invoice(3)->{state} });
is(confirmation(3)->{started_by}, 'buyer', 'is the buyer\'s');

# ---- of a part

begin(4, amount_fen => 2060, lines => [ [ 1, 1060, 60 ], [ 2, 1000, 57 ] ]);
becomes('buyer waiting_seller', 'one of a part', red_state(4));
is(confirmation(4)->{of}, '20.6', 'says of how much');
is(invoiceable(4), '0 0', 'until it is issued all counts');
answer(4, 'agree');
becomes('buyer red_issued', 'it is agreed to', red_state(4));
is(invoice(4)->{state}, 'issued', 'what is left of the invoice stands');
like(confirmation(4)->{red_number}, qr/^\d{20}$/, 'the red invoice\'s number is known');
is(invoiceable(4), '10.6 10', 'its part of each order can be invoiced again');
is(told(4), 'invoice_reversed 20.60', 'its buyer hears of it');
eval { $dbh->do('SELECT billing.reverse_invoice(4, 1, \'01\', \'r\', \'why\')') };
is($dbh->state, 'LB546', 'what is left is not reversed as if it were whole');
begin(4, amount_fen => 500, lines => [ [ 2, 500, 28 ] ]);
becomes('2', 'another part', sub { confirmations(4) });
becomes('buyer waiting_seller', 'of it', red_state(4));
answer(4, 'agree');
becomes('buyer red_issued', 'follows', red_state(4));
is(invoiceable(4), '10.6 15', 'both parts are free');
$dbh->do('SELECT billing.record_red_invoice(4, 1, \'26332999999999999904\', \'the rest, by hand\')');
is(invoiceable(4), '100 33.33', 'with the rest by hand all is free, and nothing twice');

begin(5, amount_fen => 11000, has_lines => \0);
becomes('buyer waiting_seller', 'one of which nobody says of which lines', red_state(5));
answer(5, 'agree');
becomes('buyer red_issued', 'is issued', red_state(5));
is(invoiceable(5), '100 10', 'it is of the first ones');

begin(6, amount_fen => 5000, lines => [ [ 2, 5000, 283 ] ]);
becomes('buyer waiting_seller', 'one of more than a line has', red_state(6));
answer(6, 'agree');
becomes('parked', 'cannot be', sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = 6 AND kind = \'red\'') });
is(attention(6), 'call parked', 'an operator looks');
$dbh->do('SELECT billing.record_red_invoice(6, 1, \'26332999999999999906\', \'by hand\')');
is(invoice(6)->{state} . ' ' . confirmation(6)->{state}, 'reversed void', 'and reverses it by hand');

# ---- lists

$dbh->do('SELECT billing.reverse_invoice(7, 1, \'01\', \'r\', \'why\')') if $sim->control(settings => { gateway => 'nuonuo', confirms => 'buyer' });
becomes('seller waiting_buyer', 'one of ours', red_state(7));
begin(7, amount_fen => 100, lines => [ [ 1, 100, 6 ] ]);
$sim->control(red_begin => { gateway => 'nuonuo' });
begin(8);
becomes('buyer waiting_seller', 'what comes behind one of nobody\'s invoice is seen', red_state(8));
is(confirmations(7), 1, 'one that another one stands before is left');
$sim->control(red => { gateway => 'nuonuo', number => value('SELECT gateway_number FROM billing_books.gateway_call WHERE account_id = 7 AND kind = \'red\''), state => '05' });
becomes('buyer waiting_seller', 'and taken when that has ended', red_state(7));

begin(9, state => '05') for 1 .. 12;
begin(9);
fault(operation => 'red_query', kind => $_, count => 2) for qw(busy_429 lost);
becomes('buyer waiting_seller', 'on the third page, and through replies that are lost', red_state(9));
is(confirmations(9), 1, 'what has come to nothing is not followed');
$sim->control(no_faults => { gateway => 'nuonuo' });

# What is left to the next list is not older than that begins, however long it is left.
begin(9, state => '01', amount_fen => 1000, lines => [ [ 1, 1000, 57 ] ]);
sub lists_are_read { my $before = books()->{pages_listed}; return wait_until(30, sub { hasten(); books()->{pages_listed} > $before + 8 }) }
ok(lists_are_read(), 'lists that began before it are read');
my $left_to = value('SELECT confirmations_seen_at FROM billing_books.gateway WHERE gateway = \'nuonuo\'');
ok(lists_are_read(), 'lists are read');
is(value('SELECT confirmations_seen_at FROM billing_books.gateway WHERE gateway = \'nuonuo\''), $left_to, 'and do not count as read, while one is left');
answer(9, 'refuse');
becomes('2', 'it is taken when nothing stands before it', sub { confirmations(9) });
becomes('buyer red_issued', 'and is carried out', red_state(9));
ok(wait_until(30, sub { hasten(); value('SELECT confirmations_seen_at FROM billing_books.gateway WHERE gateway = \'nuonuo\'') gt $left_to }), 'the list counts as read');

my $other = connect_dbi($node);
$other->begin_work;
$other->do('SELECT billing.lock_account(10)');
begin(10);
begin(11);
becomes('buyer waiting_seller', 'what is somebody else\'s does not wait for an account that is held', red_state(11));
is(confirmations(10), 0, 'which is left');
$other->rollback;
becomes('buyer waiting_seller', 'and taken later', red_state(10));

# ---- whose list has a say

sub seen_by { my ($gateway) = @_; return value('SELECT confirmations_seen_at FROM billing_books.gateway WHERE gateway = $1', $gateway) }
# One list at a time is read: when this one is, none is under way, and none will be.
sub listed
{
	my ($gateway) = @_;
	my $before = value('SELECT clock_timestamp()');
	$dbh->do('UPDATE billing_books.gateway SET confirmations_due_at = CASE gateway WHEN $1 THEN now() ELSE \'infinity\' END WHERE provider = \'nuonuo\'', undef, $gateway);
	return wait_until(30, sub {
		$dbh->do('SELECT billing.retry_gateway_calls($1)', undef, $gateway);
		value('SELECT confirmations_seen_at > $2 FROM billing_books.gateway WHERE gateway = $1', $gateway, $before)
	});
}
sub seller { my ($tax_number, $gateway) = @_; return $dbh->do('SELECT billing.set_seller(\'cn\', \'销方有限公司\', \'*信息技术服务*API调用服务\', 0.06, $1, drawer => \'李四\', goods_code => \'3040203000000000000\', gateway => $2)', undef, $tax_number, $gateway) }

copy($sim->secrets_dir . '/nuonuo.conf', $sim->secrets_dir . '/other.conf');
chmod 0600, $sim->secrets_dir . '/other.conf';
$dbh->do('SELECT billing.set_gateway(\'other\', \'nuonuo\', \'cn\', \'Invoices\')');
$dbh->do('SELECT billing.request_invoice(12, ARRAY[1, 2], \'company\', \'special\', \'a@b.example\', NULL, \'invoice\')');
$dbh->do('SELECT billing.issue_due_invoices()');
becomes('issued', 'one more is issued', sub { invoice(12)->{state} });
ok(listed('other'), 'a gateway that issued nothing is asked');
begin(12, state => '01');
ok(listed('other'), 'and lists it');
is(confirmations(12), 0, 'what it lists of another one\'s invoice is left');
seller('339902999999789114', 'other');
ok(listed('other'), 'it issues for another taxpayer');
is(confirmations(12), 0, 'and has no say in this one\'s');
seller('339902999999789113', 'other');
ok(listed('other'), 'it issues for the same one from now on');
ok(wait_until(30, sub { confirmations(12) == 1 }), 'and has one');
is(value('SELECT gateway FROM billing_books.gateway_call WHERE account_id = 12 AND kind = \'red\''), 'other', 'it is asked of that gateway');
seller('339902999999789113', 'nuonuo');

# ---- lists that do not end

sub pages { return books()->{pages_listed} }
$sim->control(settings => { gateway => 'nuonuo', list_total => '9999999999999999' });
my $pages = pages();
ok(listed('nuonuo'), 'a list ends with an empty page, whatever it says to have');
cmp_ok(pages() - $pages, '<', 20, 'soon');
$sim->control(settings => { gateway => 'nuonuo', list_repeats => \1 });
my $seen = seen_by('nuonuo');
$pages = pages();
$dbh->do('UPDATE billing_books.gateway SET confirmations_due_at = now() WHERE gateway = \'nuonuo\'');
ok(wait_until(120, sub { pages() - $pages >= 1000 }), 'one that begins again and again');
$sim->control(settings => { gateway => 'nuonuo', list_total => '' });
$sim->control(settings => { gateway => 'nuonuo', list_repeats => \0 });
ok(listed('other'), 'lets others have their turn');
cmp_ok(pages() - $pages, '<', 1100, 'after a thousand pages');
is(seen_by('nuonuo'), $seen, 'and does not count as read');

is($dbh->selectall_arrayref('SELECT * FROM billing.verify()')->@*, 0, 'the books agree');
is((grep { $_ != 1 } values %{ books()->{issued_times} }), 0, 'nothing was issued twice at the bureau');

# An invoice of which more are listed than any buyer needs.
$dbh->do('SELECT billing.record_offline_payment(12, 50, \'c\', \'12 c\'), billing.request_invoice(12, ARRAY[3], \'company\', \'special\', \'a@b.example\', NULL, \'again\'), billing.issue_due_invoices()');
becomes('issued', 'the last one is issued', sub { value('SELECT state FROM billing_books.invoice WHERE account_id = 12 AND invoice_id = 2') });
$dbh->do('INSERT INTO billing_books.red_confirmation (account_id, confirmation_no, invoice_id, state, started_by, provider_id, created_at, changed_at, actor) SELECT 12, 100 + n, 2, \'void\', \'buyer\', \'of the flood \' || n, now(), now(), \'gateway\' FROM generate_series(1, 50) AS n');
$sim->control(red_begin => { gateway => 'nuonuo', invoice => value('SELECT number FROM billing_books.invoice WHERE account_id = 12 AND invoice_id = 2') });
ok(listed('nuonuo'), 'a list with one more');
ok($node->log_contains('billing follows no more red confirmations of invoice 2 of account 12'), 'is too much');
is(confirmations(12), 51, 'it is not followed');
done_testing();
