# A call waits for an account no longer than policy hold_timeout, or its own lock_timeout, and is told who holds it. One
# customer's open transaction is no other's business.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use BillingTest;

my $node = billing_node('hold', conf => [ 'max_prepared_transactions = 2', 'fsync = off' ]);
my $holder = connect_dbi($node);
my $caller = connect_dbi($node);

$caller->do('SELECT billing.create_account(1, \'cn\'), billing.create_account(2, \'cn\')');
$caller->do('SELECT billing.create_api_key(1, \'key\'), billing.create_api_key(2, \'key\')');
$caller->do('SELECT billing.set_price(\'m\', \'CNY\', 1, 1)');
$caller->do('SELECT billing.set_policy(\'hold_timeout\', \'1 s\')');

# What a call answers, in SQLSTATE, message and hint, and how long it took.
sub call
{
	my ($sql) = @_;
	my $began = time;
	return ('done', time - $began) if eval { $caller->do($sql); 1 };
	my ($message, $hint) = $caller->errstr =~ /ERROR:\s+(.*?)\n(?:HINT:\s+(.*?)\n?$)?/s;
	return (join(' ', $caller->state, $message), time - $began, $hint // '');
}

my $requests = 0;
sub charge { my ($account) = @_; return call("SELECT billing.charge($account, 1, 'r" . ++$requests . "', 'm', 1, 0)") }

my $busy = '55P03 account 1 is held by another transaction';
$holder->begin_work;
$holder->do(q{SELECT billing.adjust(1, 1, 'a')});
my $pid = $holder->{pg_pid};

my ($answer, $took, $hint) = charge(1);
is($answer, $busy, 'a charge gives up');
ok($took >= 1 && $took < 5, "after hold_timeout ($took s)");
like($hint, qr/^Process $pid holds it until its transaction ends, which began at 2\d\d\d-\d\d-\d\d [^ ]+\.$/, 'its hint says who holds it, since when');
is((charge(2))[0], 'done', 'another account is booked');
is($caller->selectrow_array('SHOW lock_timeout'), '0', 'the session keeps its settings');

is((call(q{SELECT billing.adjust(1, 1, 'b')}))[0], $busy, 'an operator waits no longer');
is((call(q{SELECT billing.create_api_key(1, 'other')}))[0], $busy, 'nor does who makes a key');

# The caller's lock_timeout counts where it is less, and is not raised where it is more.
$caller->do(q{SELECT billing.set_policy('hold_timeout', '5 min')});
$caller->do(q{SET lock_timeout = '200ms'});
($answer, $took) = charge(1);
is($answer, $busy, 'the caller\'s lock_timeout is obeyed');
ok($took < 60, 'the lesser of the two');
is($caller->selectrow_array('SHOW lock_timeout'), '200ms', 'and stays as it was');
$caller->do('RESET lock_timeout');
$caller->do(q{SELECT billing.set_policy('hold_timeout', '1 s')});

# settle() waits as long as it always did, and says nothing.
$caller->do(q{SELECT billing.meter(1, 1, 'metered', 'm', 1, 0)});
is($caller->selectrow_array('SELECT billing.settle()'), 0, 'settle() leaves the account to the next one');

# A hold within a savepoint is its transaction's.
$holder->rollback;
$holder->begin_work;
$holder->do('SAVEPOINT s');
$holder->do(q{SELECT billing.adjust(1, 1, 'a')});
($answer, undef, $hint) = charge(1);
like($hint, qr/^Process $pid /, 'held within a savepoint');

# A key share of the row beside it makes a multixact of the two.
my $sharer = connect_dbi($node);
$sharer->begin_work;
$sharer->do('SELECT FROM billing_books.account WHERE account_id = 1 FOR KEY SHARE');
($answer, undef, $hint) = charge(1);
is($answer, $busy, 'held beside a key share');
like($hint, qr/^Process $pid /, 'by the one that books');
$sharer->rollback;
is((charge(2))[0], 'done', 'another account is booked');

# A prepared transaction has no process.
$holder->do(q{PREPARE TRANSACTION 'forgotten'});
($answer, undef, $hint) = charge(1);
is($answer, $busy, 'a prepared transaction holds it');
is($hint, 'Prepared transaction "forgotten" holds it: commit it or roll it back.', 'its hint names it');
$caller->do(q{ROLLBACK PREPARED 'forgotten'});
is((charge(1))[0], 'done', 'then it goes on');

verify_empty($node, 'verify() is empty');
done_testing();
