# Invoices: a fapiao to the wrong title, reversed, and issued again to the right one; an invoice abroad, and the credit note of what
# goes back of it. And what customers are told, by e-mail.
#
#   perl invoice.pl CONTROL_PORT MAINLAND ABROAD PAPERS       prints what happened; exit status 0 where all ended as it should;
#   PAPERS: a directory with the customers' mailboxes (mails), which gets the documents (invoices)
use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::Bin;
use Shop;

my (undef, $mainland, $abroad, $papers) = @ARGV;
my ($dbh, $books) = (application(), operator());
my %mailbox = ($mainland => 'finance@customer.example.cn', $abroad => 'accounts@acme.example');
my %seen;
binmode STDOUT, ':encoding(UTF-8)';

sub report { my ($what, @values) = @_; return printf "  $what\n", @values }
sub slurp { my ($file) = @_; open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n"; local $/; return scalar <$in> }
sub invoice { my ($account, $no) = @_; return $dbh->selectrow_hashref('SELECT * FROM billing.invoices($1) WHERE invoice_id = $2', undef, $account, $no) }
sub becomes { my ($account, $no, $state) = @_; return until_true(sub { my $is = invoice($account, $no); $is && $is->{state} eq $state }) / 1000 }

# Shows a mail that was not shown yet, with this in its subject; its head.
sub show_mail
{
	my ($account, $subject) = @_;
	my ($file, $text);
	until_true(sub {
		for (grep { !$seen{$_} } glob "$papers/mails/$mailbox{$account}/*.txt")
		{
			($file, $text) = ($_, slurp($_));
			return 1 if $text =~ /^Subject: .*\Q$subject\E/m;
		}
		return 0;
	});
	$seen{$file} = 1;
	my ($head, $first) = split /\n\n/, $text;
	print map { "      | $_\n" } split /\n/, "$head\n$first";
	return $head;
}

# An invoice's mail has its document.
sub show_invoice_mail
{
	my ($account, $no) = @_;
	show_mail($account, invoice($account, $no)->{number}) =~ /^Attached: .*\.pdf$/m or die "invoice $no came without its document\n";
	return;
}

# Puts an invoice's document, once it is there, into the directory for papers; its words.
sub save_document
{
	my ($account, $no) = @_;
	my $document;
	until_true(sub { $document = value('SELECT billing.invoice_document($1, $2)', $account, $no) });
	my $file = "$papers/invoices/" . invoice($account, $no)->{number} . '.pdf';
	open my $out, '>:raw', $file or die "$file: $!\n";
	print $out $document;
	close $out or die "$file: $!\n";
	my $words = `pdftotext -layout $file - 2>/dev/null`;
	die "$file says nothing of its number\n" unless $words =~ /\Q@{[ invoice($account, $no)->{number} ]}\E/;
	return $words;
}

sub apply
{
	my ($title, @orders) = @_;
	my ($no) = $dbh->selectrow_array('SELECT invoice_id FROM billing.request_invoice($1, $2, $3, \'special\', $4, NULL, $5)', undef, $mainland, \@orders, $title, $mailbox{$mainland}, "invoice to $title");
	$books->do('SELECT billing.issue_due_invoices()');
	return $no;
}

# The worker asks the bureau every ten minutes what a buyer says: here at once.
sub hasten
{
	my $waiting = $books->do('UPDATE billing_books.gateway_call SET due_at = statement_timestamp() WHERE account_id = $1 AND kind = \'red\' AND state = \'unknown\' AND due_at > statement_timestamp() + interval \'1 minute\'', undef, $mainland);
	$books->do('SELECT billing.retry_gateway_calls(\'nuonuo\')') if $waiting > 0;
	return;
}

mkdir "$papers/invoices";
$books->do($_) for (
	"SELECT billing.create_account($mainland, 'cn', '$mailbox{$mainland}'), billing.create_api_key($mainland, 'app')",
	"SELECT billing.create_account($abroad, 'global', '$mailbox{$abroad}')", q(SELECT billing.set_policy('invoice_wait', '0')),
	"SELECT billing.set_invoice_title($mainland, 'old', 'enterprise', '杭州旧名科技有限公司', '91330106673959654P')",
	"SELECT billing.set_invoice_title($mainland, 'new', 'enterprise', '杭州新名科技有限公司', '91330106673959654P')",
	"SELECT billing.set_invoice_title($abroad, 'default', 'enterprise', 'ACME GmbH', 'DE129273398', 'Hauptstr. 1, Berlin')");
simulate(settings => { gateway => 'nuonuo', confirms => 'buyer' });

my @orders = (recharge($mainland, 60, 'wechat_code'), recharge($mainland, 40, 'alipay_code'));
report('Customer %d, of Hangzhou, recharges 60.00 by WeChat Pay and 40.00 by Alipay, and asks to be told when less than 50.00 is left.', $mainland);
$dbh->do('SELECT billing.set_balance_alert($1, 50)', undef, $mainland);
report('He uses %.2f of %s:', use_up($mainland, 'used', 60));
show_mail($mainland, '50.00');
report('He applies for one special fapiao of both orders, and could withdraw it for ten minutes (here no time at all).');
my $wrong = apply('old', @orders);
my $s = becomes($mainland, $wrong, 'issued');
report('It is issued %.1f s later, number %s, and comes with its document:', $s, invoice($mainland, $wrong)->{number});
save_document($mainland, $wrong);
show_invoice_mail($mainland, $wrong);
report('But that is the name that his company had. It is reversed, as made out wrong; as he has recorded it, he has to confirm:');
$books->do('SELECT billing.reverse_invoice($1, $2, \'01\', \'reverse\', \'the company has another name\', \'the operator\')', undef, $mainland, $wrong);
show_mail($mainland, '待您确认');
simulate(red => { gateway => 'nuonuo', number => value('SELECT gateway_number FROM billing_books.gateway_call WHERE account_id = $1 AND kind = \'red\'', $mainland), state => '04' });
until_true(sub { hasten(); invoice($mainland, $wrong)->{state} eq 'reversed' });
report('He does so, and the bureau issues a red fapiao, %s:', invoice($mainland, $wrong)->{red_number});
show_mail($mainland, '已红冲');
my $right = apply('new', @orders);
$s = becomes($mainland, $right, 'issued');
report('He applies again, to %s: %s, %.2f, %.1f s later.', invoice($mainland, $right)->{name}, invoice($mainland, $right)->{number}, invoice($mainland, $right)->{amount}, $s);
save_document($mainland, $right);
show_invoice_mail($mainland, $right);

my $order = recharge($abroad, 100, 'card', { email => $mailbox{$abroad}, terminal => 'WEB' });
becomes($abroad, 1, 'issued');
my $number = invoice($abroad, 1)->{number};
my $words = save_document($abroad, 1);
die "$number is not of ACME GmbH, or not of 100.00\n" unless $words =~ /ACME GmbH/ && $words =~ /100\.00/;
my ($numbered_ms, $drawn_ms) = $books->selectrow_array('SELECT extract(epoch FROM n.issued_at - p.recorded_at) * 1000, extract(epoch FROM d.changed_at - p.recorded_at) * 1000 FROM billing_books.payment AS p JOIN billing_books.invoice AS n USING (account_id) JOIN billing_books.document AS d ON d.account_id = n.account_id AND d.id = n.invoice_id WHERE p.account_id = $1', undef, $abroad);
die "the number came late\n" if $numbered_ms > 1000;
report('Customer %d, ACME GmbH of Berlin, pays 100.00 USD by card; %.0f ms later his invoice has a number, %s, and after %.0f ms a PDF.', $abroad, $numbered_ms, $number, $drawn_ms);
show_mail($abroad, 'payment');
show_invoice_mail($abroad, 1);
$books->do('SELECT billing.refund_order($1, $2, 20, \'part\', \'the operator\', \'20.00 too much\')', undef, $abroad, $order);
becomes($abroad, 2, 'issued');
my $note = invoice($abroad, 2);
die "it corrects another invoice\n" unless $note->{corrects} == 1 && $note->{amount} == 20;
$words = save_document($abroad, 2);
die "$note->{number} does not say what it corrects\n" unless $words =~ /\Q$number\E/;
report('20.00 of it were too much, and go back to the card; credit note %s corrects %s.', $note->{number}, $number);
show_mail($abroad, 'refund');
show_invoice_mail($abroad, 2);
