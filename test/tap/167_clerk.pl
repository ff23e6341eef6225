# The clerk (R18, B&S 4.6, src/worker/README.md): numbers within a second of the credit, documents soon after, whoever holds an account
# open; billing-pdf killed while it draws, or not there; the server killed with numbers and documents under way; paused.
use strict;
use warnings;

use DBD::Pg;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Time::HiRes qw(sleep time);

use BillingTest;

my $node = billing_node('clerk', preload => 'billing', conf => [ "billing.databases = 'postgres'", 'restart_after_crash = on' ]);
my $dbh = connect_dbi($node);

sub value { my ($sql, @values) = @_; return scalar $dbh->selectrow_array($sql, undef, @values) }
sub run { my ($sql, @values) = @_; return $dbh->do($sql, undef, @values) }

my $bank = 0;
sub pay { my ($account, $amount) = @_; $bank++; return run('SELECT billing.record_offline_payment($1, $2, $3, $3)', $account, $amount, "bank $bank") }

# What has a number, in its order; and whether all is numbered, or drawn.
sub numbers { my ($series) = @_; return value('SELECT string_agg(number, \' \' ORDER BY series_no) FROM billing_books.invoice WHERE series = $1', $series) // '' }
sub all_numbered { return wait_until(15, sub { !value(q(SELECT EXISTS (SELECT FROM billing_books.invoice WHERE state = 'numbering'))) }) }
sub all_drawn { my ($seconds) = @_; return wait_until($seconds // 60, sub { !value(q(SELECT EXISTS (SELECT FROM billing_books.invoice WHERE state = 'numbering') OR EXISTS (SELECT FROM billing_books.document WHERE state <> 'ready'))) }) }
sub document { my ($account, $id) = @_; return value('SELECT state || coalesce(\': \' || fault, \'\') FROM billing_books.document WHERE account_id = $1 AND id = $2', $account, $id) // 'none' }
sub is_pdf { my ($account, $id) = @_; return value('SELECT encode(substring(billing.invoice_document($1, $2) FROM 1 FOR 5), \'escape\')', $account, $id) eq '%PDF-' }

# The text of a PDF, given in hexadecimal digits.
sub page
{
	my ($pdf) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir . '/page.pdf';
	open(my $out, '>:raw', $file) or die "$file: $!";
	print $out pack('H*', $pdf);
	close $out;
	return scalar `pdftotext -layout $file -`;
}

# The clerk, and its billing-pdf.
sub clerk { return value(q(SELECT max(pid) FROM pg_stat_activity WHERE backend_type = 'billing clerk' AND datname = current_database())) }
sub press { my $clerk = clerk() or return; chomp(my $pid = `pgrep -P $clerk -x billing-pdf`); return $pid || undef }

run($_) for (
	q(SELECT billing.create_account(a, 'global', 'a@b.example') FROM generate_series(1, 20) AS a), q(SELECT billing.create_account(30, 'cn')),
	q(SELECT billing.set_invoice_title(1, 'default', 'enterprise', 'ACME GmbH', 'DE129273398', 'Hauptstr. 1, Berlin')));

# Without a seller nothing fails, and nothing has a number.
pay(1, 100);
pay(30, 100);
sleep 1.5;
is(numbers('INV'), '', 'nobody sells: no number');
is(value('SELECT count(*) FROM billing_books.invoice'), 1, 'the mainland has none');
run(q(SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0.09, address => '1 Example Street', series => 'INV')));
ok(all_numbered(), 'found at the next look');

# Within a second of the commit, and drawn.
my @lags;
for (1 .. 5)
{
	pay(2, 10);
	my $start = time;
	all_numbered();
	push @lags, time - $start;
}
note("seconds: @lags");
ok((sort { $a <=> $b } @lags)[0] < 1, 'numbered within a second of the commit');
is(numbers('INV'), join(' ', map { sprintf 'INV-%06d', $_ } 1 .. 6), 'without a gap');
ok(all_drawn(), 'drawn') || diag(document(1, 1));
ok(is_pdf(1, 1), 'a PDF') || diag(document(1, 1));
run(q(SELECT billing.refund_order(1, 1, 30, 'refund')));
run(q(SELECT billing.settle_refund_item_offline(1, 1, 'transfer', 'settle')));
ok(all_drawn(), 'what was paid back has a document, too');
is(numbers('INV-CN'), 'INV-CN-000001', 'a credit note, of a series of its own');
ok(is_pdf(1, 2), 'a PDF');

# A statement of account is drawn like them, and says what the account had.
is(value(q(SELECT state FROM billing.request_statement(1, now() - interval '1 day', now(), 'statement'))), 'rendering', 'a statement is asked for');
ok(all_drawn(), 'drawn') || diag(document(1, 1));
is(value('SELECT state FROM billing.statements(1)'), 'ready', 'and ready');
like(page(value(q(SELECT encode(billing.statement_document(1, 1), 'hex')))),
	qr/Account statement.*ACME GmbH.*Opening balance +0\.00\n.*Top-ups +100\.00\n.*Refunds +-30\.00\n.*Closing balance \(USD\) +70\.00\n.*Top-up +Order 1 +100\.00 +100\.00\n.*Refund +Order 1 +-30\.00 +70\.00\n/s, 'its balances, totals and entries');

# An application that leaves its transaction open after a credit delays nobody else.
my $other = connect_dbi($node);
$other->begin_work;
$other->do(q(SELECT billing.record_offline_payment(3, 5, 'open', 'open')));
pay(4, 5);
ok(all_numbered(), 'another account is numbered meanwhile');
is(numbers('INV'), join(' ', map { sprintf 'INV-%06d', $_ } 1 .. 7), 'the next number is not kept for it');
$other->commit;
ok(all_drawn(), 'and it gets the one behind');
# Who holds a series for long keeps numbers back, and nothing else: charges go on.
$other->begin_work;
$other->do('SELECT FROM billing_books.invoice_series FOR UPDATE');
pay(5, 5);
sleep 1;
is(value('SELECT state FROM billing_books.invoice WHERE account_id = 5'), 'numbering', 'a held series gives no number');
$other->rollback;
ok(all_drawn(30), 'until it is let go');
verify_empty($node, 'after an open transaction');

# billing-pdf is killed while it draws: drawn again.
my $press = press();
ok($press, 'billing-pdf runs') || diag('clerk ' . (clerk() // 'none'));
kill 'STOP', $press;
pay(6, 5);
ok(wait_until(10, sub { document(6, 1) eq 'rendering' && value('SELECT attempts FROM billing_books.document WHERE account_id = 6') == 1 }), 'a document under way');
kill 'KILL', $press;
ok(wait_until(10, sub { document(6, 1) ne 'rendering' }), 'its end is noticed');
ok(all_drawn(), 'and it is drawn by another') || diag(document(6, 1));
ok(is_pdf(6, 1), 'a PDF');
is(value('SELECT attempts FROM billing_books.document WHERE account_id = 6'), 2, 'at the second attempt');

# One that hangs: closed after 20 s, drawn again.
$press = press();
kill 'STOP', $press;
pay(7, 5);
ok(wait_until(40, sub { document(7, 1) =~ /too long/ || document(7, 1) eq 'ready' }), 'billing-pdf hangs: it is given up') || diag(document(7, 1));
ok(all_drawn(), 'and another one draws') || diag(document(7, 1));

# What cannot be drawn is tried five times, listed, and drawn when an operator says so.
run(q(SELECT billing.pause_workers('1 hour')));
pay(8, 5);
run('SELECT billing.number_invoices()');
run('SET billing.allow_history_change = on');
run(q(UPDATE billing_books.seller SET name = repeat('x', 4000)));
run(q(SELECT billing.pause_workers('0')));
for (1 .. 5)
{
	my $attempt = $_;
	wait_until(30, sub { value('SELECT attempts FROM billing_books.document WHERE account_id = 8') >= $attempt && document(8, 1) ne 'rendering' });
	run(q(UPDATE billing_books.document SET due_at = now() WHERE account_id = 8 AND state = 'rendering'));
	$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
}
ok(wait_until(30, sub { document(8, 1) =~ /^failed: seller.name is too long/ }), 'five attempts, and it has failed') || diag(document(8, 1) . ' ' . value('SELECT attempts FROM billing_books.document WHERE account_id = 8'));
is(value(q(SELECT detail FROM billing.attention WHERE what = 'document failed' AND account_id = 8)), 'seller.name is too long; retry_document() has it drawn again', 'listed');
run(q(UPDATE billing_books.seller SET name = 'Example Ltd'));
run('RESET billing.allow_history_change');
is(value('SELECT billing.retry_document(8, 1)'), 1, 'an operator has it drawn again');
ok(all_drawn(), 'and it is') || diag(document(8, 1));

# What cannot be drawn, or read, by the hundred keeps nothing else from being drawn: it is put off, and others come first.
run(q(SELECT billing.pause_workers('1 hour')));
pay(9, 1) for (1 .. 150);
run('SELECT billing.number_invoices()');
my $spoiled = value(q(SELECT max(seller_no) FROM billing_books.seller));
run(q(SELECT billing.set_seller('global', 'Second Ltd', 'API credit', 0.09, address => '1 Example Street', series => 'INV')));
pay(10, 1);
run('SELECT billing.number_invoices()');
run('SET billing.allow_history_change = on');
run(q(UPDATE billing_books.seller SET name = repeat('x', 4000) WHERE seller_no = $1), $spoiled);
run(q(INSERT INTO billing_books.document (account_id, kind, id, state, attempts, due_at, created_at, changed_at) SELECT 9, 'invoice', 1000 + g, 'rendering', 0, now() - interval '1 hour', now(), now() FROM generate_series(1, 250) AS g));
run(q(SELECT billing.pause_workers('0')));
ok(wait_until(30, sub { document(10, 1) eq 'ready' }), 'behind 150 that cannot be drawn and 250 that cannot be read another is drawn') || diag(document(10, 1));
pay(11, 1);
ok(wait_until(10, sub { document(11, 1) eq 'ready' }), 'and one more, while they are tried again') || diag(document(11, 1));
is(value(q(SELECT count(*) || ' ' || count(*) FILTER (WHERE state = 'rendering' AND fault IS NOT NULL) FROM billing_books.document WHERE account_id = 9)), '400 400', 'before one of them is given up');
run(q(DELETE FROM billing_books.document WHERE account_id = 9 AND id > 1000));
run(q(UPDATE billing_books.seller SET name = 'Example Ltd' WHERE seller_no = $1), $spoiled);
run(q(UPDATE billing_books.document SET due_at = now() WHERE account_id = 9));
run('RESET billing.allow_history_change');
ok(all_drawn(120), 'mended, they are drawn');

# The server is killed again and again while all of it goes on.
for my $round (1 .. 4)
{
	pay(1 + $_ % 15, 1) for (1 .. 10);
	sleep 0.05 * $round;
	$node->stop('immediate');
	$node->start;
	$dbh = connect_dbi($node);
}
ok(all_drawn(120), 'all are numbered and drawn') || diag(value(q(SELECT string_agg(state || ' ' || attempts || ' ' || coalesce(fault, ''), ', ') FROM billing_books.document WHERE state <> 'ready')));
is(value(q(SELECT max(series_no) - count(*) FROM billing_books.invoice WHERE series = 'INV')), 0, 'without a gap');
# Each invoice and credit note is told of once, crashes or not.
ok(wait_until(60, sub { !value(q(SELECT EXISTS (SELECT FROM billing_books.document WHERE kind = 'invoice' AND NOT is_told))) }), 'all are told of');
is(value(q(SELECT count(*) FROM billing_books.notification WHERE event IN ('invoice_issued', 'credit_note_issued'))), value(q(SELECT count(*) FROM billing_books.document WHERE kind = 'invoice')), 'once each');
verify_empty($node, 'after crashes');

# Paused, nothing is done; a call by hand numbers.
run(q(SELECT billing.pause_workers('1 hour')));
ok(!clerk(), 'paused: no clerk');
pay(16, 5) for (1 .. 3);
is(value('SELECT billing.number_invoices()'), 3, 'numbered by hand');
is(document(16, 1), 'rendering', 'and not drawn');
run(q(SELECT billing.pause_workers('0')));
ok(all_drawn(), 'drawn when the pause is over');
ok(is_pdf(16, 3), 'a PDF');
verify_empty($node, 'at the end');
$dbh->disconnect;
$node->stop;

# Where billing-pdf is not installed, documents wait, and that is no attempt. In a copy of what is staged, where a server can be told of one.
my $settings = slurp_file($ENV{TEMP_CONFIG});
SKIP:
{
	skip 'the server knows no other place of extensions', 4 unless $settings =~ /^extension_/m;
	my $bare = PostgreSQL::Test::Utils::tempdir . '/stage';
	system('cp', '-r', $ENV{BILLING_STAGE}, $bare) == 0 or die 'cp';
	chomp(my $libraries = `$ENV{PG_CONFIG} --pkglibdir`);
	my $press_file = "$bare$libraries/billing-pdf";
	rename $press_file, "$press_file.away" or die "$press_file: $!";
	$node = billing_node('bare', preload => 'billing', conf => [ "billing.databases = 'postgres'", $settings =~ s/\Q$ENV{BILLING_STAGE}\E/$bare/gr ]);
	$dbh = connect_dbi($node);
	run(q(SELECT billing.create_account(1, 'global')));
	run(q(SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, address => '1 Example Street', series => 'INV')));
	pay(1, 5);
	ok(all_numbered(), 'without billing-pdf: numbered');
	sleep 2;
	is(value(q(SELECT state || ' ' || attempts FROM billing_books.document)), 'rendering 0', 'and not drawn, without an attempt');
	rename "$press_file.away", $press_file or die "$press_file: $!";
	run(q(SELECT billing.pause_workers('1 minute')));
	run(q(SELECT billing.pause_workers('0')));
	ok(all_drawn(), 'drawn once it is there');
	ok(is_pdf(1, 1), 'a PDF');
}

done_testing;
