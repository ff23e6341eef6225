# Nuonuo by billing-caller alone, without a server: invoices, documents and confirmations over TLS; and its token, of which there are
# few: it is kept through restarts, asked for by one caller of several, an hour before it ends, and not again at once whatever comes of it.
use strict;
use warnings;
use utf8;

use Test::More;

use Caller;
use Simulators;

my $sim = Simulators->new;
my $dir = $sim->secrets_dir;
my $caller = Caller->new($dir);
my @gateway = (gateway => 'nuonuo');
my %invoice = (
	buyer_name => '某某科技有限公司', buyer_tax_number => '91330106MA2XXXXXX7', seller_tax_number => '339902999999789113', drawer => '张三',
	goods_name => '*信息技术服务*API调用服务', goods_code => '3040203000000000000', tax_rate_bp => 600, lines => [ 88880000000, 5030000000 ]);

sub set { my (%settings) = @_; return $sim->control(settings => { gateway => 'nuonuo', %settings }) }
sub fault { my (%fault) = @_; return $sim->control(fault => { gateway => 'nuonuo', %fault }) }
sub books { return $sim->control('books')->{nuonuo} }
sub call { my ($operation, %fields) = @_; return $caller->call($operation => {@gateway}, \%fields) }

sub issue
{
	my ($number, %rest) = @_;
	return $caller->call(issue => { @gateway, created_at => 820548000000000 }, { %invoice, number => $number, %rest });
}

# What comes of it: its result and its code.
sub said { my ($answer) = @_; return join ' ', $answer->{result}, $answer->{code} // '' }

set(issuing_ms => 0, sealing_ms => 0);

# ---- invoices

is(said(call(issue_query => (number => 'INV1'))), 'absent E9500', 'it is not there');
is(said(issue('INV1')), 'done E0000', 'an invoice is accepted');
is(said(issue('INV1')), 'unclear E9106', 'not twice');
my $issued = call(issue_query => (number => 'INV1'));
is(said($issued), 'done E0000', 'it is queried');
is($issued->{invoice}{state}, 1, 'and issued');
like($issued->{invoice}{number}, qr/^\d{20}$/, 'with a number of the bureau');
is($issued->{invoice}{total_nano}, 88880000000, 'of the amount');
is($issued->{invoice}{tax_nano}, 5030000000, 'and tax');
ok(abs($issued->{invoice}{issued_at} / 1e6 + 946684800 - time) < 60, 'just now');
fault(operation => 'issue', kind => 'drop');
is(said(issue('INV2')), 'unanswered no_reply', 'a call is lost on its way');
is(said(call(issue_query => (number => 'INV2'))), 'absent E9500', 'and does nothing');
fault(operation => 'issue', kind => 'lost');
is((issue('INV2'))->{result}, 'unanswered', 'a reply is lost on its way');
is(call(issue_query => (number => 'INV2'))->{invoice}{state}, 1, 'and the invoice is there');
fault(operation => 'issue', kind => 'error_500', acts => JSON::PP::true);
is(said(issue('INV3')), 'unanswered ', 'a 500 after it was done says nothing');
is(call(issue_query => (number => 'INV3'))->{invoice}{state}, 1, 'the query does');
set(outcome => 'unsealed', cause => '签章失败');
issue('INV4');
my $unsealed = call(issue_query => (number => 'INV4'));
is($unsealed->{invoice}{state}, 2, 'a seal fails');
is($unsealed->{invoice}{cause}, '签章失败', 'and why');
is(said(call(reseal => (number => 'INV4'))), 'done E0000', 'once more');
is(call(issue_query => (number => 'INV4'))->{invoice}{state}, 2, 'in vain');
set(outcome => 'issued');
call(reseal => (number => 'INV4'));
is(call(issue_query => (number => 'INV4'))->{invoice}{state}, 1, 'and then not');
set(outcome => 'refused', cause => '税号有误');
issue('INV5');
my $refused = call(issue_query => (number => 'INV5'));
is("$refused->{invoice}{state} $refused->{invoice}{cause}", '3 税号有误', 'an invoice is refused');
set(outcome => 'issued', session => 'login');
is(said(issue('INV6')), 'misconfigured 420', 'the drawer has to log in');
set(session => 'ok', credit_fen => 1);
is(said(issue('INV6')), 'no_funds E9999', 'the credit line is used up');
set(credit_fen => undef);
is(said(issue('INV6', tax_rate_bp => 1300)), 'refused E9101', 'amounts that do not agree');
is(said(issue('INV6', buyer_name => '')), 'misconfigured impossible', 'what cannot be sent is not');
is(said($caller->call(create => { @gateway, product => 'x', order_number => 'R1', amount_nano => 1, currency => 'CNY' })), 'misconfigured product', 'it takes no payments');
for my $kind (qw(wrong_number duplicate_keys invalid_json huge_body wrong_charset truncated redirect))
{
	fault(operation => 'issue_query', kind => $kind);
	is(call(issue_query => (number => 'INV1'))->{result}, 'unanswered', "$kind is believed by nobody");
}
is_deeply([ sort values %{ books()->{issued_times} } ], [ 1, 1, 1, 1 ], 'each invoice was issued once');
is(books()->{tokens}{given}, 1, 'by one token');

# ---- documents

my $url = $issued->{invoice}{pdf_url};
my $document = call(document => (document_url => $url));
is(said($document), 'done ', 'a document');
is(substr($document->{bytes}, 0, 5), '%PDF-', 'is one');
is($document->{rows}, length $document->{bytes}, 'whole');
set(document_bytes => 8 * 1024 * 1024);
$document = call(document => (document_url => $url));
is(said($document), 'done ', 'a document of 8 MB');
is(length $document->{bytes}, 8 * 1024 * 1024, 'comes');
is((grep { length > 8192 } @{ $document->{pieces} }), 0, 'in pieces');
set(document_bytes => 8 * 1024 * 1024 + 1);
is(said(call(document => (document_url => $url))), 'unanswered too_long', 'a longer one does not');
set(document_bytes => 100000);
fault(operation => 'document', kind => 'truncated');
is(said(call(document => (document_url => $url))), 'unanswered cut_off', 'nor one that is cut off');
(my $other = $url) =~ s/\d{20}/00000000000000000000/;
is(said(call(document => (document_url => $other))), 'unanswered http_404', 'nor one that is not there');
for my $elsewhere ('https://example.com/a.pdf', $url =~ s/localhost/127.0.0.1/r, $url =~ s/:\d+/:1/r)
{
	is(said(call(document => (document_url => $elsewhere))), 'misconfigured impossible', 'nothing is fetched from elsewhere');
}
my @many = map { $caller->send(document => {@gateway}, { document_url => $url }) } 1 .. 8;
is((grep { length $caller->receive($_)->{bytes} != 100000 } @many), 0, 'several at once');

# ---- confirmations

my $blue = $issued->{invoice}{number};
sub red { my ($number, $of) = @_; return call(red => (%invoice, red_number => $number, blue_number => $of, red_reason => 2)) }
sub red_query { my ($number) = @_; return $caller->call(red_query => { @gateway, amount_nano => 88880000000 }, { red_number => $number })->{red} }

set(confirms => 'free');
is(said(red('RC1', $blue)), 'done E0000', 'a confirmation');
my $red = red_query('RC1');
is($red->{state}, 1, 'that nobody need confirm');
like($red->{red_number}, qr/^\d{20}$/, 'is followed by the red invoice');
is($red->{amount_nano}, 88880000000, 'of the whole amount');
is(call(issue_query => (number => 'RC1'))->{invoice}{number}, $red->{red_number}, 'which is queried by its number');
is(books()->{confirmations}[0]{reason}, '1', 'the reason is in Nuonuo\'s words');
is(said(red('RC2', $blue)), 'unclear E9103', 'no other of that invoice');
is(said($caller->call(red_query => {@gateway}, { red_number => 'RC2' })), 'absent E0000', 'it is not there');
set(confirms => 'buyer');
my $second = call(issue_query => (number => 'INV2'))->{invoice}{number};
red('RC3', $second);
is(red_query('RC3')->{state}, 2, 'the buyer has to confirm');
$sim->control(red => { gateway => 'nuonuo', number => 'RC3', state => '04' });
is(red_query('RC3')->{state}, 2, 'what he does at the bureau');
$red = red_query('RC3');
is($red->{state}, 4, 'is seen by the next query');
like($red->{red_number}, qr/^\d{20}$/, 'and the red invoice');
my $third = call(issue_query => (number => 'INV3'))->{invoice}{number};
red('RC4', $third);
is(said(call(red_answer => (red_number => 'RC4', red_answer => 2))), 'done E0000', 'it is withdrawn');
is(red_query('RC4')->{state}, 5, 'and void');
set(confirms => 'seller');
red('RC5', $third);
is(red_query('RC5')->{state}, 3, 'the seller has to confirm');
call(red_answer => (red_number => 'RC5', red_answer => 1));
is(red_query('RC5')->{state}, 5, 'he refuses');
red('RC6', $third);
$sim->control(red => { gateway => 'nuonuo', number => 'RC6', amount_fen => 1000 });
$red = red_query('RC6');
ok($caller->call(red_query => { @gateway, amount_nano => 88880000000 }, { red_number => 'RC6' })->{red_is_partial}, 'one of a part');
is($red->{amount_nano}, 10000000000, 'of this much');
ok(abs($red->{entered_at} / 1e6 + 946684800 - time) < 60, 'entered just now');
call(red_answer => (red_number => 'RC6', red_answer => 0));
is(red_query('RC6')->{state}, 4, 'is agreed to');
set(confirms => 'fails', cause => '申请失败');
my $fourth = call(issue_query => (number => 'INV4'))->{invoice}{number};
red('RC7', $fourth);
$red = red_query('RC7');
is("$red->{state} $red->{cause}", '7 申请失败', 'one fails');

# ---- tokens

my $token = "$dir/nuonuo.token";
my $lock = "$dir/.nuonuo.token.lock";
sub text_of { my ($file) = @_; open my $in, '<', $file or return ''; local $/; return scalar <$in> }
sub write_file { my ($file, $text) = @_; open my $out, '>', $file or die "$file: $!\n"; print $out $text; close $out; chmod 0600, $file; return }
sub tokens { return join ' ', @{ books()->{tokens} }{qw(asked given)} }

# As if the last asking was so long ago; and the token ended in so long.
sub asked_before { my ($seconds) = @_; write_file($lock, time - $seconds . "\n"); return }
sub ends_in { my ($seconds) = @_; write_file($token, text_of($token) =~ s/^\d+/time + $seconds/er); return }

like(text_of($token), qr/^\d+ [0-9a-f]{32}\n$/, 'the token is kept');
is((stat $token)[2] & 07777, 0600, 'for nobody else');
is((stat $lock)[2] & 07777, 0600, 'and its lock');
is($caller->stop, 0, 'the caller ends with its worker');
$caller = Caller->new($dir);
is(said(call(issue_query => (number => 'INV1'))), 'done E0000', 'another caller goes on');
is(tokens(), '1 1', 'with the same token');

unlink $token;
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered token_was_asked_for', 'one that is lost is not asked for again at once');
asked_before(599);
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered token_was_asked_for', 'nor in ten minutes');
asked_before(601);
my $between = Caller->new($dir);
fault(operation => 'token', kind => 'delay', ms => 1500);
my @ids = map { $caller->send(issue_query => {@gateway}, { number => 'INV1' }) } 1 .. 5;
select undef, undef, undef, 0.5;
push my @said, said($between->call(issue_query => {@gateway}, { number => 'INV1' })), map { said($caller->receive($_)) } @ids;
is_deeply([ sort @said ], [ ('busy token_is_asked_for') x 5, 'done E0000' ], 'six calls of two callers want one');
is(tokens(), '2 2', 'it is asked for once');
is(said($between->call(issue_query => {@gateway}, { number => 'INV1' })), 'done E0000', 'and good for both');

ends_in(3500);
my $old = text_of($token);
is(said(call(issue_query => (number => 'INV1'))), 'done E0000', 'one that ends soon is good');
is(text_of($token), $old, 'as long as no other may be asked for');
asked_before(601);
is(said(call(issue_query => (number => 'INV1'))), 'done E0000', 'later it is');
isnt(text_of($token), $old, 'replaced');
is(tokens(), '3 3', 'by one more');

$sim->control(revoke_tokens => { gateway => 'nuonuo' });
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered token_was_asked_for', 'one that is revoked is not replaced at once');
is(tokens(), '3 3', 'and none is asked for');
asked_before(601);
is(said(issue('INV7')), 'done E0000', 'later it is, and the call goes on');
is(tokens(), '4 4', 'with another');
is(books()->{issued_times}{INV7}, 1, 'once');

unlink $token;
asked_before(601);
fault(operation => 'token', kind => 'lost');
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered no_reply', 'a token is lost on its way: nothing was sent');
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered token_was_asked_for', 'and it is not asked for again at once');
asked_before(601);
set(token_quota => 1);
is(said(call(issue_query => (number => 'INV1'))), 'misconfigured 070306', 'there are no more');
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered token_was_asked_for', 'nobody insists');
set(token_quota => 50);
asked_before(601);
write_file("$dir/nuonuo.conf", text_of("$dir/nuonuo.conf") =~ s/^port = .*/port = 1/mr);
is(said(call(issue_query => (number => 'INV1'))), 'not_delivered connect', 'where nobody answers');
$sim->control(configure => { gateway => 'nuonuo' });
is(said(call(issue_query => (number => 'INV1'))), 'done E0000', 'nothing was asked');
chmod 0644, $token;
is(said(call(issue_query => (number => 'INV1'))), 'misconfigured the file can be accessed by group or others', 'one that others can read is not used');
chmod 0600, $token;
my $asked = tokens();
unlink $token, $lock;
symlink '/dev/null', $lock;
like(said(call(issue_query => (number => 'INV1'))), qr/^misconfigured its lock cannot be opened/, 'where nothing can be kept');
is(tokens(), $asked, 'nothing is asked for');
is($caller->stop + $between->stop, 0, 'they end');
$sim->stop;
done_testing();
