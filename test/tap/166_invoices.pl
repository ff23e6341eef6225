# Invoices of the mainland through a provider, from the application to the red invoice (R16, R17, B&S 4.6, 4.7): the worker, billing-caller,
# and a Nuonuo that times out after it issued, forgets, seals in vain, wants its drawer's login. None is issued twice, none is lost.
use strict;
use warnings;
use utf8;

use DBD::Pg;
use Test::More;

use BillingTest;
use Simulators;

my $sim = Simulators->new(http => 1); # the clock is moved
my $node = billing_node('invoices', preload => 'billing', conf => [ "billing.databases = 'postgres'", "billing.secrets_dir = '" . $sim->secrets_dir . "'" ]);
my $dbh = connect_dbi($node);
$dbh->{pg_enable_utf8} = 1;

sub row { my ($sql, @values) = @_; return $dbh->selectrow_hashref($sql, undef, @values) }
sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub set { my (%settings) = @_; return $sim->control(settings => { gateway => 'nuonuo', %settings }) }
sub fault { my (%fault) = @_; return $sim->control(fault => { gateway => 'nuonuo', %fault }) }
sub books { return $sim->control('books')->{nuonuo} }
sub invoice { my ($account, $no) = @_; return row('SELECT * FROM billing.invoices($1) WHERE invoice_id = $2', $account, $no // 1) }
sub state_of { my ($account, $no) = @_; return invoice($account, $no)->{state} }
sub invoiceable { my ($account) = @_; return value('SELECT trim_scale(sum(invoiceable)) FROM billing.invoiceable($1)', $account) }
sub number_of { my ($account, $kind) = @_; return value('SELECT max(gateway_number) FROM billing_books.gateway_call WHERE account_id = $1 AND kind = $2', $account, $kind // 'issue') }
sub confirmation { my ($account) = @_; return row('SELECT * FROM billing.red_confirmations($1) LIMIT 1', $account) }
sub attention { my ($account) = @_; return value('SELECT coalesce(string_agg(what, \', \' ORDER BY what), \'nothing\') FROM billing.attention WHERE account_id = $1', $account) }

sub told { my ($account, $event) = @_; return value('SELECT payload ->> \'state\' FROM billing_books.notification WHERE account_id = $1 AND event = $2', $account, $event) }

# Nobody waits here for what is asked later: it is due now, and what the provider does not know it has not got.
sub hasten
{
	$dbh->do('UPDATE billing_books.gateway_call SET due_at = now() - interval \'1 second\', first_sent_at = first_sent_at - interval \'1 minute\' WHERE due_at > now() AND state <> \'sending\'');
	return $dbh->do('SELECT billing.retry_gateway_calls(\'idle\')'); # wakes the worker
}
sub becomes
{
	my ($wanted, $name, $got) = @_;
	my $last;
	my $is = wait_until(20, sub { hasten(); $last = $got->(); ($last // 'none') eq $wanted });
	ok($is, $name) or diag('it is ' . ($last // 'none') . "\n", explain($dbh->selectall_arrayref('SELECT * FROM billing_books.gateway_call', { Slice => {} })));
	return;
}
sub apply
{
	my ($account, %opts) = @_;
	my $no = value('SELECT invoice_id FROM billing.request_invoice($1, $2, \'company\', $3, \'a@b.example\', NULL, $4, $5)', $account, $opts{orders} // [1], $opts{kind} // 'special', 'invoice ' . ($opts{key} // 1), $opts{amounts});
	value('SELECT billing.issue_due_invoices()');
	return $no;
}

$dbh->do($_) for (
	q(SELECT billing.set_policy('invoice_wait', '0')),
	q(SELECT billing.set_gateway('nuonuo', 'nuonuo', 'cn', 'Invoices')), q(SELECT billing.set_gateway('idle', 'wechat', 'cn', 'Nothing')),
	q(SELECT billing.set_seller('cn', '销方有限公司', '*信息技术服务*API调用服务', 0.06, '339902999999789113', drawer => '李四', goods_code => '3040203000000000000', gateway => 'nuonuo')),
	q(SELECT billing.create_account(a, 'cn') FROM generate_series(1, 30) AS a),
	q(SELECT billing.set_invoice_title(a, 'company', 'enterprise', '某某科技有限公司', '91330106673959654P', '杭州', '0571-1', '工商银行', '6222') FROM generate_series(1, 30) AS a),
	q(SELECT billing.record_offline_payment(a, 100, 'a', a || ' a'), billing.record_offline_payment(a, 33.33, 'b', a || ' b') FROM generate_series(1, 30) AS a),
	q(SELECT billing.arm()));
set(issuing_ms => 100, sealing_ms => 100);

# ---- the main road

apply(1, orders => [ 1, 2 ]);
becomes('issued', 'an invoice is issued', sub { state_of(1) });
my $invoice = invoice(1);
like($invoice->{number}, qr/^\d{20}$/, 'by a number of the bureau');
my ($there) = grep { $_->{number} eq number_of(1) } @{ books()->{invoices} };
is($there->{total_fen}, 13333, 'of both orders');
is($there->{tax_fen}, 566 + 189, 'each taxed by itself');
is($there->{asked}{buyerName}, '某某科技有限公司', 'in the buyer\'s name');
is($there->{asked}{invoiceLine}, 'bs', 'a special one');
is($there->{asked}{salerTaxNum}, '339902999999789113', 'by the seller');
becomes('t', 'its document comes', sub { value('SELECT has_document::text::char FROM billing.invoices(1)') });
like(value('SELECT convert_from(substr(billing.invoice_document(1, 1), 1, 5), \'UTF8\')'), qr/^%PDF-/, 'which is a PDF');
like(value('SELECT pdf_url FROM billing_books.invoice WHERE account_id = 1'), qr{^https?://.*\.pdf$}, 'its link is kept');
is(invoiceable(1), 0, 'all is invoiced');
is(attention(1), 'nothing', 'nobody need look');
is(value('SELECT address || \' \' || (payload ->> \'number\') FROM billing_books.notification WHERE account_id = 1 AND event = \'invoice_issued\''), "a\@b.example $invoice->{number}", 'and whoever applied for it hears of it');

# ---- what gets lost

fault(operation => 'issue', kind => 'lost');
apply(2);
becomes('issued', 'it was issued, and the reply was lost', sub { state_of(2) });
fault(operation => 'issue', kind => 'drop');
apply(3);
becomes('issued', 'it was never received, and is sent again', sub { state_of(3) });
fault(operation => 'issue', kind => 'error_500', acts => JSON::PP::true);
fault(operation => 'issue_query', kind => 'wrong_number');
fault(operation => 'issue_query', kind => 'busy_429');
apply(4);
becomes('issued', 'nothing but the query is believed', sub { state_of(4) });
set(issuing_ms => 0, sealing_ms => 0);
fault(operation => 'issue_query', kind => 'wrong_amount');
apply(5);
becomes('parked', 'an invoice of another amount is none of ours', sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = 5') });
is(state_of(5), 'sending', 'it is not booked as issued');
is(attention(5), 'call parked', 'an operator looks');
$dbh->do('SELECT billing.retry_gateway_call(5, call_id, \'me\', \'looked\') FROM billing_books.gateway_call WHERE account_id = 5');
becomes('issued', 'and has it asked for again', sub { state_of(5) });

# What the provider says is there, and does not find, is never taken for refused: its amount would be free.
fault(operation => 'issue', kind => 'lost');
fault(operation => 'issue_query', kind => 'error', code => 'E9500', count => 40);
apply(11);
becomes('parked', 'one that is there and cannot be found is parked', sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = 11') });
is(state_of(11), 'sending', 'and not refused');
is(invoiceable(11), '33.33', 'its amount counts');
$sim->control(no_faults => { gateway => 'nuonuo' });
$dbh->do('SELECT billing.retry_gateway_call(11, call_id, \'me\', \'looked\') FROM billing_books.gateway_call WHERE account_id = 11');
becomes('issued', 'asked for again, it is found', sub { state_of(11) });

# Money that went back while it was waited for is not invoiced.
value('SELECT invoice_id FROM billing.request_invoice(12, ARRAY[1, 2], \'company\', \'special\', \'a@b.example\', NULL, \'invoice 1\')');
value('SELECT status FROM billing.reverse_offline_payment(12, 1, \'back\', \'me\', \'mistake\')');
value('SELECT billing.issue_due_invoices()');
is(state_of(12) . ' ' . invoice(12)->{reason}, 'failed money_went_back', 'an application whose money went back ends');
fault(operation => 'issue', kind => 'busy_429', count => 3);
apply(13);
ok(wait_until(10, sub { value('SELECT result IS NOT NULL FROM billing_books.gateway_call WHERE account_id = 13') }), 'another is put off');
value('SELECT status FROM billing.reverse_offline_payment(13, 1, \'back\', \'me\', \'mistake\')');
becomes('failed', 'and ends, too', sub { state_of(13) });
$sim->control(no_faults => { gateway => 'nuonuo' });

# ---- a kill between claim and record, and one of the whole server

fault(operation => 'issue', kind => 'delay', ms => 2000);
apply(6);
ok(wait_until(10, sub { value('SELECT state = \'sending\' FROM billing_books.gateway_call WHERE account_id = 6') }), 'it is being sent');
$node->stop('immediate');
$node->start;
$dbh = connect_dbi($node);
$dbh->{pg_enable_utf8} = 1;
$dbh->do('UPDATE billing_books.gateway_call SET due_at = now() - interval \'1 second\' WHERE account_id = 6'); # the lease is over
becomes('issued', 'the server was killed meanwhile', sub { state_of(6) });

# ---- refused, unsealed, blocked

set(outcome => 'refused', cause => '税号有误');
apply(7);
becomes('failed', 'an invoice is refused', sub { state_of(7) });
is(value('SELECT payload ->> \'reason\' FROM billing_books.notification WHERE account_id = 7 AND event = \'invoice_refused\''), '税号有误', 'which he is told');
is(invoice(7)->{reason}, '税号有误', 'the customer reads why');
is(invoiceable(7), 133.33, 'and can apply again');
set(outcome => 'unsealed');
apply(8);
becomes('sealing', 'a seal fails', sub { state_of(8) });
is(attention(8), 'invoice not sealed', 'which is told');
is(invoiceable(8), 33.33, 'it counts: the bureau has it');
set(outcome => 'issued');
$dbh->do('SELECT billing.retry_invoice(8, 1, \'me\', \'again\')');
becomes('issued', 'it is sealed again', sub { state_of(8) });
set(session => 'login');
apply(9);
becomes('blocked', 'the drawer has to log in', sub { state_of(9) });
is(attention(9), 'call parked, invoice blocked', 'which is told');
set(session => 'ok');
$dbh->do('SELECT billing.retry_invoice(9, 1, \'me\', \'logged in\')');
becomes('issued', 'and has it sent again', sub { state_of(9) });
set(credit_fen => 1);
apply(10);
ok(wait_until(20, sub { state_of(10) eq 'blocked' }), 'the credit line is used up'); # for half an hour
set(credit_fen => undef);
becomes('issued', 'it is tried again by itself', sub { state_of(10) });

# ---- reversed

sub reverse_one
{
	my ($account, %opts) = @_;
	return value('SELECT confirmation_no FROM billing.reverse_invoice($1, 1, $2, $3, \'wrong title\')', $account, $opts{reason} // '01', 'reverse ' . ($opts{key} // 1));
}
set(confirms => 'free');
reverse_one(1, reason => '03');
is(reverse_one(1, reason => '03'), 1, 'the same call again is the same reversal');
becomes('reversed', 'an invoice is reversed', sub { state_of(1) });
like(invoice(1)->{red_number}, qr/^\d{20}$/, 'by the number of the red one');
is(confirmation(1)->{state}, 'red_issued', 'which the confirmation was for');
is(invoiceable(1), 133.33, 'its orders can be invoiced again');
apply(1, key => 2);
becomes('issued', 'and are', sub { state_of(1, 2) });

set(confirms => 'buyer');
reverse_one(2);
becomes('waiting_buyer', 'the buyer has to confirm', sub { confirmation(2)->{state} });
ok(value('SELECT (payload ->> \'lapses_at\')::timestamptz > now() + interval \'71 hours\' FROM billing_books.notification WHERE account_id = 2 AND event = \'red_confirmation_awaits\''), 'and is told until when');
is(state_of(2), 'reversing', 'until then it is being reversed');
is(invoiceable(2), 33.33, 'and counts');
ok(value('SELECT lapses_at - entered_at = interval \'72 hours\' FROM billing.red_confirmations(2)'), 'he has 72 hours');
$sim->control(red => { gateway => 'nuonuo', number => number_of(2, 'red'), state => '04' });
becomes('reversed', 'he does', sub { state_of(2) });
reverse_one(3);
becomes('waiting_buyer', 'another one', sub { confirmation(3)->{state} });
$sim->control(red => { gateway => 'nuonuo', number => number_of(3, 'red'), state => '07' });
becomes('void', 'lets the 72 hours pass', sub { confirmation(3)->{state} });
is(state_of(3), 'issued', 'the invoice stands');
reverse_one(3, key => 2);
becomes('waiting_buyer', 'it is asked for again', sub { confirmation(3)->{state} });
$dbh->do('SELECT billing.resolve_red_confirmation(3, 2, \'withdraw\', \'me\', \'why\')');
becomes('void', 'and withdrawn', sub { confirmation(3)->{state} });
is(state_of(3), 'issued', 'the invoice stands');
eval { $dbh->do('SELECT billing.resolve_red_confirmation(3, 2, \'agree\')') };
is($dbh->state, 'LB551', 'what has ended takes no answer');
set(confirms => 'seller');
reverse_one(4);
becomes('waiting_seller', 'the seller has to confirm', sub { confirmation(4)->{state} });
is(attention(4), 'red confirmation waits', 'which is told');
$dbh->do('SELECT billing.resolve_red_confirmation(4, 1, \'agree\', \'me\', \'why\')');
becomes('reversed', 'and he agrees', sub { state_of(4) });
set(confirms => 'fails', cause => '不可冲红');
reverse_one(6);
becomes('failed', 'a confirmation that the bureau refuses', sub { confirmation(6)->{state} });
is(told(6, 'red_confirmation_ended'), 'failed', 'the customer hears of it');
is(confirmation(6)->{cause}, '不可冲红', 'with its reason');
is(state_of(6), 'issued', 'the invoice stands');
set(confirms => 'free');
fault(operation => 'red', kind => 'lost');
reverse_one(8);
becomes('reversed', 'a reply that was lost reverses once', sub { state_of(8) });

fault(operation => 'red', kind => 'busy_429', count => 3);
reverse_one(9);
ok(wait_until(10, sub { value('SELECT result IS NOT NULL FROM billing_books.gateway_call WHERE account_id = 9 AND kind = \'red\'') }), 'a reversal is put off');
$dbh->do('SELECT billing.resolve_red_confirmation(9, 1, \'withdraw\', \'me\', \'why\')');
becomes('void', 'withdrawn before it was received, it is never sent', sub { confirmation(9)->{state} });
is(state_of(9), 'issued', 'the invoice stands');
$sim->control(no_faults => { gateway => 'nuonuo' });
set(confirms => 'buyer');
reverse_one(10);
becomes('waiting_buyer', 'the buyer has to confirm', sub { confirmation(10)->{state} });
$sim->control(red => { gateway => 'nuonuo', number => number_of(10, 'red'), state => '16' });
becomes('failed', 'and the bureau says that it cannot be', sub { confirmation(10)->{state} });
is(state_of(10), 'issued', 'the invoice stands');

reverse_one(11);
becomes('waiting_buyer', 'a reversal', sub { confirmation(11)->{state} });
$sim->control(red => { gateway => 'nuonuo', number => number_of(11, 'red'), amount_fen => 1000 });
becomes('parked', 'of a part is none of ours', sub { value('SELECT state FROM billing_books.gateway_call WHERE account_id = 11 AND kind = \'red\'') });
$dbh->do('SELECT billing.record_red_invoice(11, 1, \'26332999999999999911\', \'by hand\')');
is(state_of(11) . ' ' . confirmation(11)->{state}, 'reversed void', 'an operator reverses it by hand');
is(attention(11), 'nothing', 'and nobody need look any more');

# ---- the sum of it

is(value('SELECT count(*) FROM billing_books.invoice WHERE state IN (\'sending\', \'blocked\', \'sealing\', \'reversing\')'), 0, 'nothing is under way any more');
my %times = %{ books()->{issued_times} };
is((grep { $_ != 1 } values %times), 0, 'nothing was issued twice at the bureau');
my %numbers = map { $_->[0] => 1 } @{ $dbh->selectall_arrayref('SELECT gateway_number FROM billing_books.gateway_call WHERE kind IN (\'issue\', \'red\')') };
is((grep { !$numbers{ $_->{number} } } @{ books()->{invoices} }), 0, 'and nothing that is not in the books');
is(books()->{tokens}{given}, 1, 'by one token');
verify_empty($node, 'the books agree');
done_testing();
