# Documents to draw, and what poppler's tools read of the pages that come of them.
package PdfSample;

use strict;
use warnings;
use utf8;

use Encode qw(decode_utf8);
use Exporter qw(import);
use File::Temp qw(tempdir);

our @EXPORT = qw(invoice credit_note statement read_pdf pages words text_faults darkness);

my %seller = (
	name => 'Example Intelligence Pte. Ltd.',
	address => "8 Marina View, #31-01\nAsia Square Tower 1\nSingapore 018960",
	tax_number => '202012345K',
	registration => 'UEN 202012345K',
	email => 'billing@example.com',
	phone => '+65 6123 4567',
);
my %buyer = (
	name => 'Nordwind Verlag für Kartographie GmbH & Co. KG',
	address => "Große Elbstraße 14–16\n22767 Hamburg\nGermany",
	tax_number => 'DE 811 234 567',
	email => 'rechnungen@nordwind.example',
	account => '1001',
);

# Each with what is to be another than usual; undef: absent.
sub invoice {
	my %changes = @_;
	my %document = (
		kind => 'invoice', language => 'en', number => 'INV-2026-000123', issued_on => '2026-11-29', currency => 'USD',
		seller => {%seller}, buyer => {%buyer},
		lines => [
			{ description => 'API credit', detail => 'Order 202611291338000012345', quantity => '1', unit_price => '1,000.00', amount => '1,000.00' },
			{ description => 'Token Plan "Team", monthly', quantity => '3', unit_price => '49.90', amount => '149.70' },
		],
		subtotal => '1,149.70', discount => '-100.00', tax_label => 'VAT 0 %', tax => '0.00', total => '1,049.70',
		paid => { method => 'Visa', at => '2026-11-29 13:38:41 UTC', reference => 'WFO20261129133841000123' },
		notes => 'Reverse charge: the recipient is liable for VAT.',
		%changes,
	);
	delete $document{$_} for grep { !defined $document{$_} } keys %document;
	return \%document;
}

sub credit_note {
	return invoice(kind => 'credit_note', number => 'CN-2026-000007', of_invoice => 'INV-2026-000123', reason => 'Refund of unused credit', @_);
}

sub statement {
	my ($count, %changes) = @_;
	return {
		kind => 'statement', language => 'en', issued_on => '2026-12-01', account => '1001', currency => 'USD', seller => {%seller}, buyer => {%buyer},
		period_from => '2026-11-01 00:00', period_to => '2026-12-01 00:00', time_zone => 'Europe/Berlin',
		opening => '1,000.00', closing => '950.123456', totals => [ { label => 'Top-ups', amount => '500.00' }, { label => 'Usage', amount => '-549.876544' } ],
		entries => [ map { {
			at => sprintf('2026-11-%02d %02d:%02d:%02d', 1 + $_ % 28, $_ % 24, $_ % 60, $_ % 60), description => 'Usage', detail => "request-$_",
			amount => sprintf('%.6f', -$_ / 1000), balance => sprintf('%.6f', 1000 - $_ / 1000)
		} } 1 .. $count ],
		%changes,
	};
}

# ---- what was drawn ---------------------------------------------------------------------------------

my $directory = tempdir(CLEANUP => 1);
my $file = "$directory/drawn.pdf";

# What one of poppler's tools says of a PDF, as text without marks of its order; what it says against it is a fault.
sub read_pdf {
	my ($pdf, $tool, @options) = @_;
	open(my $out, '>:raw', $file) or die "$file: $!\n";
	print $out $pdf;
	close $out or die "$file: $!\n";
	my $output = $tool =~ /^pdfto/ ? '-' : '';
	my $said = qx{$tool @options $file $output 2>$directory/faults};
	die "$tool: status $?\n" if $? || -s "$directory/faults";
	return decode_utf8($said) =~ s/[\x{200e}\x{200f}\x{202a}-\x{202e}]//gr;
}

# The text of each page, as it is laid out.
sub pages {
	my ($pdf) = @_;
	return split /\f/, read_pdf($pdf, 'pdftotext', '-layout');
}

# Each page's words: [left, top, right, bottom, text].
sub words {
	my ($pdf) = @_;
	my @pages;
	for (split /\n/, read_pdf($pdf, 'pdftotext', '-bbox')) {
		push @pages, [] if /<page /;
		push @{ $pages[-1] }, [ $1, $2, $3, $4, $5 ] if m{<word xMin="([-.\d]+)" yMin="([-.\d]+)" xMax="([-.\d]+)" yMax="([-.\d]+)">(.*)</word>};
	}
	return @pages;
}

# Words outside of the margins, and words over each other.
sub text_faults {
	my ($pdf) = @_;
	my @faults;
	for my $page (words($pdf)) {
		my @above;
		for my $word (sort { $a->[1] <=> $b->[1] } @$page) {
			my ($left, $top, $right, $bottom, $text) = @$word;
			push @faults, "outside: $text" if $left < 49 || $right > 546.5 || $top < 40 || $bottom > 832;
			@above = grep { $_->[3] > $top } @above;
			for (@above) {
				my $deep = ($_->[3] < $bottom ? $_->[3] : $bottom) - $top;
				my $wide = ($_->[2] < $right ? $_->[2] : $right) - ($_->[0] > $left ? $_->[0] : $left);
				push @faults, "over each other: $_->[4] $text" if $wide > 1 && $deep > 0.5 * ($bottom - $top);
			}
			push @above, $word;
		}
	}
	return @faults;
}

# The share of a page's pixels that are dark.
sub darkness {
	my ($pdf, $page) = @_;
	system("pdftoppm -gray -r 30 -f $page -l $page -singlefile $file $directory/picture") == 0 or die "pdftoppm: status $?\n";
	open(my $in, '<:raw', "$directory/picture.pgm") or die "picture: $!\n";
	local $/;
	my ($width, $height, $pixels) = <$in> =~ /^P5\s+(\d+)\s+(\d+)\s+255\s(.*)/s;
	return ($pixels =~ tr/\x00-\x80//) / ($width * $height);
}

1;
