# billing-pdf against what it should never be sent: it says what is wrong and goes on, or it ends, and it takes no more than its share (R18).
use strict;
use warnings;
use utf8;

use JSON::PP qw();
use Test::More;

use PdfProgram;
use PdfSample;

binmode $_, ':utf8' for Test::More->builder->output, Test::More->builder->failure_output;

my $program = PdfProgram->new;
my $good = join '|', $program->ask(invoice());
like($good, qr/^\+\|%PDF-1\.\d/, 'a good document is drawn');

# Refused, in so many words, printable ASCII; and the next one is drawn as ever.
sub refused {
	my ($request, $why, $name) = @_;
	my ($kind, $reason) = $program->ask($request);
	is($kind, '-', "$name: refused") or return;
	like($reason, $why, "$name: it says why");
	like($reason, qr/\A[ -~]{1,160}\z/, "$name: in one line of ASCII");
	ok(join('|', $program->ask(invoice())) eq $good, "$name: and goes on");
}

sub json { return JSON::PP->new->utf8->canonical->encode($_[0]) }

# The text of an invoice, whose number is another one, as bytes.
sub numbered {
	my ($bytes) = @_;
	return json(invoice(number => 'NUMBER')) =~ s/"NUMBER"/$bytes/r;
}

# ---- no document -----------------------------------------------------------------------------------------

refused('{', qr/^no JSON object$/, 'half an object');
refused('[]', qr/^no JSON object$/, 'a list');
refused("\0", qr/^no JSON object$/, 'a NUL');
refused('{}', qr/^kind is not known$/, 'nothing in it');
refused('[' x 1_000_000, qr/^no JSON object$/, 'a million lists in each other');
refused('{"a":' x 500_000, qr/^no JSON object$/, 'half a million objects in each other');
refused(json(invoice()) . ' {}', qr/^no JSON object$/, 'more behind it');
refused(numbered('"1","number":"2"'), qr/^no JSON object$/, 'a member that stands twice');
refused(numbered("\"\xff\xfe\""), qr/^no JSON object$/, 'no UTF-8');
refused(numbered("\"\xc0\xaf\""), qr/^no JSON object$/, 'UTF-8 that is too long');
refused(numbered("\"\xed\xa0\x80\""), qr/^no JSON object$/, 'half a surrogate pair, in UTF-8');
refused(numbered('"\ud800"'), qr/^no JSON object$/, 'half a surrogate pair, escaped');
refused(numbered('"\u0000"'), qr/^no JSON object$/, 'an escaped NUL');
refused(numbered('1' x 5000), qr/^no JSON object$/, 'a number of 5,000 digits');
refused(numbered('1e99999'), qr/^no JSON object$/, 'a number beyond all');
refused('{"a":[' . join(',', ('{}') x 1_398_000) . ']}', qr/^kind is not known$/, 'more than a million objects');

# ---- members ----------------------------------------------------------------------------------------------

refused(invoice($_ => undef), qr/^$_ is (?:missing|not known)$/, "no $_") for qw(kind language number issued_on seller buyer currency lines total);
refused(statement(1, $_ => undef), qr/^$_ is missing$/, "a statement without $_") for qw(account period_from period_to time_zone opening closing entries);
refused(credit_note(of_invoice => undef), qr/^of_invoice is missing$/, 'a credit note of nothing');
refused(invoice(of_invoice => 'INV-1'), qr/^of_invoice and reason are a credit note's$/, 'an invoice of an invoice');
refused(invoice(buyer => { address => 'somewhere' }), qr/^buyer\.name is missing$/, 'a buyer without a name');
refused(invoice(buyer => { name => "\t \n" }), qr/^buyer\.name is missing$/, 'a buyer of a blank name');
refused(invoice(lines => [ { description => 'a', amount => '1' }, { amount => '1' } ]), qr/^lines\[1\]\.description is missing$/, 'a line without a description');
refused(invoice(lines => []), qr/^lines is empty$/, 'no lines');
refused(invoice(lines => {}), qr/^lines is no list$/, 'lines that are no list');
refused(invoice(lines => ['x']), qr/^lines\[0\] is no object$/, 'a line that is a text');
refused(invoice(seller => 'me'), qr/^seller is no object$/, 'a seller that is a text');
refused(invoice(total => 1), qr/^total is no text$/, 'a total that is a number');
refused(invoice(Total => '1'), qr/^has an unknown member$/, 'a member that is not known');
refused(invoice(paid => { "\x{202e}x" => '1' }), qr/^paid has an unknown member$/, 'one within another');
refused(invoice(kind => 'receipt'), qr/^kind is not known$/, 'a kind that is not known');
refused(invoice(language => 'de'), qr/^language is not known$/, 'a language that is not known');
refused(invoice(issued_on => $_), qr/^issued_on is no date$/, "issued on $_") for '29.11.2026', '2026-11-29 ', '2026-1-1', "2026-11-29\x{0660}";
refused(invoice(number => 'x' x 65), qr/^number is too long$/, 'a long number');
refused(invoice(buyer => { name => 'x', email => 'x' x 257 }), qr/^buyer\.email is too long$/, 'a long e-mail address');
refused(invoice(number => "1\n2"), qr/^number has too many lines$/, 'a number of two lines');
refused(invoice(buyer => { name => 'x' x 401 }), qr/^buyer\.name is too long$/, 'a long name');
refused(invoice(buyer => { name => 'x', address => "a\n" x 11 }), qr/^buyer\.address has too many lines$/, 'an address of many lines');
refused(invoice(notes => 'x' x 2001), qr/^notes is too long$/, 'long notes');
refused(invoice(lines => [ map { { description => 'a', amount => '1' } } 1 .. 2001 ]), qr/^lines is too long$/, 'many lines');
refused(statement(20_001), qr/^entries is too long$/, 'many entries');
refused(statement(1, totals => [ map { { label => 'a', amount => '1' } } 1 .. 31 ]), qr/^totals is too long$/, 'many totals');
refused(statement(1, entries => [ map { { at => 'now', description => "a\nb\nc\nd", amount => '1', balance => '1' } } 1 .. 20_000 ]), qr/^too many pages$/, 'many pages');

# ---- texts --------------------------------------------------------------------------------------------------

sub page_of {
	my ($kind, $pdf) = $program->ask(invoice(@_));
	is($kind, '+', 'drawn') or diag($pdf);
	return (pages($pdf))[0];
}
like(page_of(buyer => { name => '<b>A</b> &lt; &amp; <span size="90000">' }), qr/<b>A<\/b> &lt; &amp; <span size="90000">/, 'markup is text');
like(page_of(buyer => { name => "one\x{01}two\x{1b}six\x{7f}ten\x{85}far\x{2028}off" }), qr/one two six ten far off/, 'a control character is a blank');
like(page_of(buyer => { name => "A\x{202e}1234\x{202c}B\x{2066}C\x{2069}" }), qr/A1234BC/, 'nothing turns the order of others around');
like(page_of(buyer => { name => '%s%n%n%x %d' }), qr/%s%n%n%x %d/, 'nor is it a format');
is(scalar(() = page_of(buyer => { name => 'x', address => "a\nb\r\nc" }) =~ /^.*(?:\ba|\bb|\bc)$/mg), 3, 'line breaks stay');
my $title = read_pdf(($program->ask(invoice(number => ")\\>\x{01}(")))[1], 'pdfinfo');
like($title, qr/^Title: +Invoice \)\\> \($/m, 'the title is no PDF of its own');
my @kinds = map { ($program->ask(invoice(buyer => { name => $_ })))[0] } "e" . "\x{301}" x 190, "\x{10ffff}\x{e000}\x{fffe}", "\x{fdd0}\x{1fffe}", "\x{200d}" x 100, "\x{1f469}\x{200d}\x{1f4bb}" x 20, "\x{fdfd}" x 20, "\x{feff}a";
is(join('', @kinds), '+' x @kinds, 'odd characters are drawn somehow');

# The most that every text may have, in letters that take much room: drawn with nothing cut, or refused.
for my $character ('W', "\x{fdfd}", "\x{0f00}", "\x{12031}") {
	my $bytes = length(do { my $copy = $character; utf8::encode($copy); $copy });
	my ($short, $mark, $line) = map { $character x int($_ / $bytes) } 64, 256, 400;
	my %party = (name => $line, address => $line, map { $_ => $mark } qw(tax_number email));
	my ($kind, $rest) = $program->ask(invoice(seller => { %party, registration => $mark, phone => $mark }, buyer => { %party, account => $mark }, number => $short, currency => $short,
		lines => [ map { { description => $line, detail => $line, map { $_ => $short } qw(quantity unit_price amount) } } 1 .. 3 ], tax_label => $line, map { $_ => $short } qw(subtotal discount tax total)));
	if ($kind eq '+') { is_deeply([ text_faults($rest) ], [], 'as much as there may be is drawn') } else { like($rest, qr/^a text is taller than a page$/, 'as much as there may be is refused') }
}

# ---- its share ------------------------------------------------------------------------------------------------

sub status { open(my $in, '<', '/proc/' . $program->pid . '/status') or die; local $/; return <$in> }
my ($peak) = status() =~ /^VmPeak:\s+(\d+) kB$/m;
cmp_ok($peak, '<', 900_000, 'after all that it had less memory than it may have');
like(status(), qr/^NoNewPrivs:\s+1$/m, 'it can get no more rights');
my $limits = do { open(my $in, '<', '/proc/' . $program->pid . '/limits') or die; local $/; <$in> };
like($limits, qr/^Max address space +1073741824 +1073741824/m, 'nor more memory');
like($limits, qr/^Max core file size +0 +0/m, 'leaves no core file');
like($limits, qr/^Max file size +0 +0/m, 'and writes no file');
is($program->finish, 0, 'it ends when the other side has closed');

# ---- frames --------------------------------------------------------------------------------------------------

sub status_after {
	my ($bytes) = @_;
	my $other = PdfProgram->new;
	$other->put($bytes);
	return $other->finish >> 8;
}
is(status_after(''), 0, 'nothing at all');
is(status_after("\0\0"), 1, 'half a length');
is(status_after(pack 'N', 0), 1, 'a frame of nothing');
is(status_after(pack('N', 5 << 20) . 'x' x (5 << 20)), 1, 'a frame of 5 MB');
is(status_after("\xff\xff\xff\xff"), 1, 'one of 4 GB');
is(status_after(pack('N', 100) . '{'), 1, 'one that is cut off');
is(system('./billing-pdf 3<&- 2>/dev/null') >> 8, 2, 'without a socket it does not start');
is(system('./billing-pdf 3</dev/null 2>/dev/null') >> 8, 2, 'nor with something else');

my $other = PdfProgram->new;
$other->put(pack('N', length) . $_) for json(invoice());
close $other->{socket};
waitpid($other->pid, 0);
is($?, 0, 'one that nobody waits for any more ends as well');
done_testing();
