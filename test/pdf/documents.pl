# billing-pdf: what stands on the pages of invoices, credit notes and statements, in any script, and where (R18).
use strict;
use warnings;
use utf8;

use Test::More;
use Time::HiRes qw(time);

use PdfProgram;
use PdfSample;

binmode $_, ':utf8' for Test::More->builder->output, Test::More->builder->failure_output;

my $program = PdfProgram->new;

sub drawn {
	my ($document) = @_;
	my ($kind, $rest) = $program->ask($document);
	($kind // '') eq '+' or BAIL_OUT('not drawn: ' . ($rest // 'it ended'));
	return $rest;
}

# Do they stand there, one behind the other?
sub in_order {
	my ($text, @parts) = @_;
	my $at = 0;
	for (@parts) {
		my $found = index $text, $_, $at;
		if ($found < 0) {
			diag("no \"$_\" in or behind its place in\n$text");
			return 0;
		}
		$at = $found + length;
	}
	return 1;
}

# ---- an invoice --------------------------------------------------------------------------------------

my $pdf = drawn(invoice());
my @pages = pages($pdf);
is(scalar @pages, 1, 'an invoice takes one page');
ok(in_order($pages[0], 'Invoice', 'Number', 'INV-2026-000123', 'Issued by', 'Issued to', 'Example Intelligence Pte. Ltd.', 'Singapore 018960', 'Tax number: 202012345K',
	'Description', 'Quantity', 'Unit price', 'Amount', 'API credit', 'Order 202611291338000012345', 'Token Plan "Team", monthly', '3', '49.90', '149.70',
	'Subtotal', '1,149.70', 'Discount', '-100.00', 'VAT 0 %', '0.00', 'Total (USD)', '1,049.70', 'Visa', '2026-11-29 13:38:41 UTC', 'WFO20261129133841000123',
	'Reverse charge: the recipient is liable for VAT.', 'Page 1 of 1'), 'everything stands on it, in its order');
ok(in_order($pages[0], "Nordwind Verlag f\x{fc}r Kartographie GmbH & Co.", "Gro\x{df}e Elbstra\x{df}e 14\x{2013}16", 'Tax number: DE 811 234 567', 'Account: 1001'), 'and the buyer');
is_deeply([ text_faults($pdf) ], [], 'nothing leaves the margins or stands over something else');
my $facts = read_pdf($pdf, 'pdfinfo');
like($facts, qr/^Title: +Invoice INV-2026-000123$/m, 'the title says which it is');
like($facts, qr/^Author: +Example Intelligence Pte\. Ltd\.$/m, 'and the author whose');
like(read_pdf($pdf, 'pdfinfo', '-isodates'), qr/^CreationDate: +2026-11-29T00:00:00Z?/m, 'and the date is its own');
like($facts, qr/^Page size: +595\.28 x 841\.89 pts \(A4\)$/m, 'the paper is A4');
cmp_ok(darkness($pdf, 1), '>', 0.003, 'a picture of it is not blank');

my %right;
for (map { @$_ } words($pdf)) { push @{ $right{ $_->[4] } }, $_->[2] }
is(scalar(grep { abs($_ - $right{'1,049.70'}[0]) < 0.6 } map { @{ $right{$_} } } '149.70', '1,149.70', '-100.00', '0.00'), 4, 'amounts and totals end at one line');

# ---- what is absent -----------------------------------------------------------------------------------

my ($bare) = pages(drawn(invoice(
	seller => { name => 'Seller' }, buyer => { name => 'Buyer' }, lines => [ { description => 'Credit', amount => '1.00' } ], map { $_ => undef } qw(subtotal discount tax_label tax paid notes))));
unlike($bare, qr/Quantity|Unit price|Subtotal|Discount|VAT|Tax|Paid|Payment|Notes|Email|Phone|Registration|Account|For invoice|Reason/, 'what is absent has no label either');
like($bare, qr/Total \(USD\)\s+1,049\.70/, 'and the rest is there');
like((pages(drawn(invoice(tax_label => undef))))[0], qr/^\s+Tax\s+0\.00$/m, 'a tax without a label is the tax');
is(drawn(invoice(notes => " \n")), drawn(invoice(notes => undef)), 'a blank text is none');

ok(in_order((pages(drawn(credit_note())))[0], 'Credit note', 'Number', 'For invoice', 'CN-2026-000007', 'INV-2026-000123', 'Reason', 'Refund of unused credit', 'Total credited (USD)'),
	'a credit note names its invoice and its reason');

# ---- scripts ------------------------------------------------------------------------------------------

my %in = (
	Chinese => '深圳市前海未来智能科技有限公司',
	Japanese => '株式会社サンプル・テクノロジー',
	Korean => '주식회사 예시 지능',
	Thai => 'บริษัท ตัวอย่าง จำกัด',
	Hindi => 'उदाहरण प्रौद्योगिकी',
	Hebrew => 'חברת הדוגמה בעמ',
	Arabic => 'شركة المثال للتقنية',
	Cyrillic => 'ООО «Пример»',
	Greek => 'Παράδειγμα ΑΕ',
	Vietnamese => 'Công ty Trách nhiệm Hữu hạn Ví dụ',
);
for my $script (sort keys %in) {
	my $drawn = drawn(invoice(buyer => { name => $in{$script} }, lines => [ { description => $in{$script}, detail => $in{$script}, amount => '1.00' } ]));
	my $text = read_pdf($drawn, 'pdftotext');
	my $seen = () = $text =~ /\Q$in{$script}\E/g;
	is($seen, 3, "$script: a name, a description and a detail can be read again");
	my @fonts = grep { !/^(?:name|---)/ } split /\n/, read_pdf($drawn, 'pdffonts');
	ok(@fonts && !(grep { !/ yes +yes +yes +\d+ +\d+$/ } @fonts), "$script: the fonts are in the file, and lead back to text");
	is_deeply([ text_faults($drawn) ], [], "$script: it has its place");
}
my @arabic = grep { $_->[4] =~ /\p{Arabic}/ } map { @$_ } words(drawn(invoice(buyer => { name => $in{Arabic} })));
is(join('', map { $_->[4] } sort { $b->[0] <=> $a->[0] } @arabic), $in{Arabic} =~ s/ //gr, 'Arabic runs from right to left');

my ($chinese) = pages(drawn(invoice(language => 'zh')));
ok(in_order($chinese, '账单', '编号', '开具日期', '币种', '开具方', '接收方', '说明', '数量', '单价', '金额', '小计', '折扣', '合计 (USD)', '备注', '第 1 页，共 1 页'), 'the labels are Chinese where that is asked for');
unlike($chinese, qr/Number|Issued|Description|Total|Page/, 'all of them');

# ---- what is long ---------------------------------------------------------------------------------------

my $word = 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft' x 4;
$pdf = drawn(invoice(number => 'N' x 64, buyer => { name => $word, address => $word, tax_number => '7' x 256, email => 'M' x 256, account => '5' x 256 },
	lines => [ { description => $word, detail => $word, quantity => '1' x 64, unit_price => '2' x 64, amount => '3' x 64 } ], tax_label => $word, total => '4' x 64, paid => { reference => 'R' x 256 }));
my $all = join '', map { $_->[4] } map { @$_ } words($pdf);
for (['N', 64 * 2], ['7', 256], ['M', 256], ['5', 256], ['1', 64], ['2', 64], ['3', 64], ['4', 64], ['R', 256]) {
	my ($character, $count) = @$_;
	cmp_ok(scalar(() = $all =~ /$character/g), '>=', $count, "of a long text of $character nothing is cut");
}
is_deeply([ text_faults($pdf) ], [], 'a text without blanks is broken where its column ends');
unlike($all, qr/\x{2010}|\xad/, 'and no hyphen is put into it');
is(scalar(() = $all =~ /z/g), 5 * 4 * 1, 'all of the words are there');

# ---- pages ------------------------------------------------------------------------------------------------

$pdf = drawn(invoice(lines => [ map { { description => "Line no. $_.", detail => $_ % 3 ? undef : "Detail $_", quantity => "$_", unit_price => "1.00", amount => "$_.00" } } 1 .. 300 ]));
@pages = pages($pdf);
cmp_ok(scalar @pages, '>', 5, '300 lines take some pages');
is(join(' ', join("\n", @pages) =~ /Line no\. (\d+)\./g), join(' ', 1 .. 300), 'each line stands there once, in order');
is(scalar(grep { /Description +Quantity +Unit price +Amount/ } @pages), scalar @pages, 'each page has the heading');
is(join(' ', join("\n", @pages) =~ /(Page \d+ of \d+)/g), join(' ', map { "Page $_ of " . @pages } 1 .. @pages), 'and its number');
is(scalar(grep { /Total \(USD\)/ } @pages), 1, 'the total stands there once');
is_deeply([ text_faults($pdf) ], [], 'and nothing outside of the pages');

my @alone = grep { my $count = $_; (pages(drawn(invoice(lines => [ map { { description => "Line no. $_.", amount => '1.00' } } 1 .. $count ]))))[-1] !~ /Line no\. $count\..*Total.*Reverse/s } 10 .. 45;
is_deeply(\@alone, [], 'totals never stand on a page without a line, and keep what is below them');

# ---- statements -------------------------------------------------------------------------------------------

$pdf = drawn(statement(120));
@pages = pages($pdf);
ok(in_order($pages[0], 'Account statement', 'Account', 'Period from', 'Period to', 'Time zone', '1001', '2026-11-01 00:00', '2026-12-01 00:00', 'Europe/Berlin', 'Opening balance', '1,000.00',
	'Top-ups', '500.00', 'Usage', '-549.876544', 'Closing balance (USD)', '950.123456', 'Time', 'Description', 'Detail', 'Amount', 'Balance', 'Usage', 'request-1 ', '-0.001000', '999.999000'),
	'a statement begins with its balances');
is(join(' ', join("\n", @pages) =~ /request-(\d+)/g), join(' ', 1 .. 120), 'each entry stands there once, in order');
is(scalar(grep { /Time +Description +Detail +Amount +Balance/ } @pages), scalar @pages, 'under a heading on each page');
is_deeply([ text_faults($pdf) ], [], 'and in its place');
ok(in_order((pages(drawn(statement(2, notes => 'Usage is summed by day.', account => 'A' x 64))))[0], 'AAAA', 'Closing balance', 'Notes', 'Usage is summed by day.', 'Description', 'request-1'), 'notes stand above the entries');
like((pages(drawn(statement(0))))[0], qr/There are no entries in this period\./, 'one without entries says so');
unlike((pages(drawn(statement(2, entries => [ { at => 'now', description => 'Usage', amount => '1', balance => '1' } ]))))[0], qr/Detail/, 'one without details has no column for them');

my $began = time;
$pdf = drawn(statement(20_000));
cmp_ok(time - $began, '<', 10, '20,000 entries are drawn in ten seconds');
my ($count) = read_pdf($pdf, 'pdfinfo') =~ /^Pages: +(\d+)$/m;
cmp_ok($count, '<=', 500, 'on no more than 500 pages');
like(read_pdf($pdf, 'pdftotext', '-layout', "-f $count"), qr/request-20000 .*Page $count of $count/s, 'of which the last one knows that it is');

# ---- the same again --------------------------------------------------------------------------------------

my @first = map { drawn($_) } invoice(), invoice(language => 'zh'), statement(100);
my @again = map { drawn($_) } invoice(), invoice(language => 'zh'), statement(100);
ok($first[$_] eq $again[$_], 'the same document is the same bytes again') for 0 .. 2;
is($program->finish, 0, 'it ends when the other side has closed');
$program = PdfProgram->new;
ok(drawn(statement(100)) eq $first[2] && drawn(invoice()) eq $first[0], 'also of another process, in another order');
$program->finish;
done_testing();
