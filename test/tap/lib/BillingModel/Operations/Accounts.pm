# Accounts, their keys and locks, and the gate.
package BillingModel::Operations::Accounts;

use strict;
use warnings;

use Exporter 'import';

use BillingModel::Call;
use BillingModel::Compare;
use BillingModel::Operations::Metering;
use BillingModel::Oracle::Books;
use BillingModel::Oracle::Locks;
use BillingModel::Run;
use BillingModel::Values;

our @EXPORT = qw(make_account create_api_key authorize_key);

sub operations
{
	return (
		[ 1, \&create_account ],
		[ 0.5, \&unknown_account ],
		[ 1.5, \&close_account ],
		[ 3, \&lock_or_unlock ],
		[ 2.5, \&create_api_key ],
		[ 0.7, \&delete_api_key ],
		[ 3, \&update_api_key ],
		[ 4, \&authorize ],
	);
}

sub outcomes
{
	return (
		'close_account: booked', 'authorize: negative_balance', 'authorize: allowed', 'authorize: key_expired',
		'update_api_key: 0', 'update_api_key: 1',
	);
}

my %key_text;    # "account key" -> the key's text
my $replay_note = 'the key was shown when this was first called, and is kept nowhere: it cannot be shown again; billing.rotate_api_key() gives it a new secret';

sub create_account
{
	my $id = between(1, ACCOUNTS_MAX);
	my $region = pick('cn', 'global');
	my $account = $model->account($id);
	my $sql = 'SELECT create_account AS result FROM billing.create_account(?, ?, time_zone => ?)';
	if (chance(0.05))
	{
		plain('create_account', $sql, [ pick(0, -1, -5), $region, 'UTC' ], 'LB203');
		return;
	}
	my $row = plain('create_account', $sql, [ $id, $region, zone_of($id) ],
		$account && $account->{region} ne $region ? 'LB202' : ());
	create_api_key(note_account($id, $region)) if $row && !$account;
	return;
}

# Accounts of both regions are in both zones: months end by the account's, what plans earn goes by the region's.
sub zone_of { my ($id) = @_; return $id % 2 ? 'Asia/Shanghai' : 'UTC' }

sub note_account
{
	my ($id, $region) = @_;
	my ($made) = rows('SELECT ' . us('created_at') . ' AS at FROM billing_books.account WHERE account_id = ?', $id);
	my $account = $model->add_account($id, $region, zone_of($id), $made->{at});
	compare_account($account, 0);
	return $account;
}

sub make_account
{
	my ($id, $region) = @_;
	plain('create_account', 'SELECT create_account AS result FROM billing.create_account(?, ?, time_zone => ?)',
		[ $id, $region, zone_of($id) ]);
	return note_account($id, $region);
}

# One that is there from the start.
sub open_account
{
	my ($id, $region) = @_;
	return create_api_key(make_account($id, $region), 'payg');
}

sub unknown_account
{
	my $sql = pick('SELECT * FROM billing.balance(?)', 'SELECT * FROM billing.statement(?)',
		"SELECT * FROM billing.charge(?, 1, 'r', 'flat', 1, 1)",
		"SELECT * FROM billing.grant_bonus(?, 1, 'k')", "SELECT * FROM billing.balance_at(?, 'now')");
	plain('unknown account', $sql, [777], 'LB201');
	return;
}

sub close_account
{
	my @empty = grep { !$_->{arrears} && held($_, 'cash') < 10_000_000 && !open_lock($_, 'closed') } $model->accounts;
	my $account = @empty && chance(0.7) ? pick(@empty) : some_account();
	my $key = new_key();
	if (chance(0.2))
	{
		# One that has nothing but a gift and less than 0.01 of cash.
		my ($gift, $payment, $debit) = map { new_key() } 1 .. 3;
		$account = make_account(1000 + $serial, pick('cn', 'global'));
		booking($account, 'record_offline_payment', 'record_offline_payment(?, ?, ?, ?)', $payment,
			[ '5.00', $payment, $payment ], amount => 5_000_000_000, reference => $payment);
		booking($account, 'adjust', 'adjust(?, ?, ?)', $debit, [ '-4.991', $debit ], amount => -4_991_000_000);
		booking($account, 'grant_bonus', 'grant_bonus(?, ?, ?)', $gift, [ '1.5', $gift ], amount => 1_500_000_000);
		# What waits in the inbox might become arrears.
		put_rows(metered($account, undef)) if chance(0.4);
	}
	# These stay, so that there is always somebody to charge.
	return if $account->{id} <= 3 || $account->{id} == HUGE_ACCOUNT;
	return booking($account, 'close_account', 'close_account(?, ?)', $key, [$key]);
}

sub lock_or_unlock
{
	# Locks do not last long, so that most accounts can call most of the time.
	my @locked = grep { grep { !defined $_->{to} && $_->{lock} ne 'closed' } @{ $_->{locks} } } $model->accounts;
	my $account = @locked && chance(0.7) ? pick(@locked) : some_account();
	my @open = map { $_->{lock} } grep { !defined $_->{to} && $_->{lock} ne 'closed' } @{ $account->{locks} };
	my $sets = !chance(@open ? 0.8 : 0.3);
	my $lock = !$sets && @open ? pick(@open)
	  : pick('operator', 'operator', 'dispute', 'dispute', 'dispute', 'refund', 'closed', 'unknown');
	my $function = $sets ? 'lock_account' : 'unlock_account';
	return run_operation({
		name => $function, account => $account,
		sql => "SELECT $function AS result FROM billing.$function(?, ?)", args => [ $account->{id}, $lock ],
		predict => sub { return $model->lock_account($account, $_[0], lock => $lock, sets => $sets) },
	});
}

sub create_api_key
{
	my ($account, $kind) = @_;
	$account //= some_account();
	my $key = chance(0.5) ? new_key() : undef;
	my %arg = (name => 'name ' . ++$serial, kind => $kind // (chance(0.25) ? 'plan' : 'payg'), project => pick(undef, '', 'shop'));
	$arg{expires_at} = now_us() + some_way_off() if !defined $kind && chance(0.3);
	$arg{expires_at} = now_us() - some_way_off() if !defined $kind && chance(0.02);
	my $row = booking($account, 'create_api_key', 'create_api_key(?, ?, ?, ?, ?, ?)', $key,
		[ @arg{qw(name kind)}, $key, $arg{project}, instant_text($arg{expires_at}) ], %arg);
	return if !$row;
	$key_text{"$account->{id} $row->{key_id}"} = $row->{api_key};
	# The key is shown once: what a replay returns has none, and says so.
	@{ $account->{calls}{$key}{row} }{qw(api_key note)} = (undef, $replay_note) if defined $key;
	return;
}

# Not where the few milliseconds until the booking would decide.
sub some_way_off { return seconds(10) + between(0, seconds(pick(60, 3600, 86_400, 864_000))) }

# Renamed, put into a project, its expiry moved to later, to one that has passed, or ended.
sub update_api_key
{
	my $account = some_account();
	my @keys = @{ $account->{keys} } or return;
	my @expired = grep { !key_works($_) && !defined $_->{deleted_at} } @keys;
	my $key = @expired && chance(0.6) ? pick(@expired) : pick(@keys);
	my $expires_at = $key->{versions}[-1]{expires_at};
	return if defined $expires_at && abs($expires_at - now_us()) < seconds(10);
	my %arg = (key_id => chance(0.03) ? 99 : $key->{key_id});
	$arg{name} = pick('renamed', 'name ' . ++$serial) if chance(0.3);
	$arg{project} = pick('', 'shop', 'lab') if chance(0.3);
	# The keys that there were from the start go on, so that there is always something to charge.
	my $keeps = $key->{key_id} == 1;
	$arg{expires_at} = $keeps && chance(0.7) ? undef : now_us() + (chance(0.25) ? -1 : 1) * some_way_off() if chance(0.7);
	$arg{expires_at} = $expires_at if exists $arg{expires_at} && chance(0.05);
	my $row = run_operation({
		name => 'update_api_key', account => $account,
		sql => 'SELECT update_api_key AS result FROM billing.update_api_key(?, ?, ?, ?, ?)',
		args => [ $account->{id}, @arg{qw(key_id name project)},
			exists $arg{expires_at} ? instant_text($arg{expires_at}) // 'infinity' : undef ],
		predict => sub { return $model->update_api_key($account, $_[0], %arg) },
	});
	$count{"update_api_key: $row->{result}"}++ if $row;
	return;
}

my $versions_sql = 'SELECT key_id, version_no, ' . us('set_at') . ' AS set_at, name, project, ' . us('expires_at') . ' AS expires_at
	FROM billing_books.api_key_version WHERE account_id = ? ORDER BY key_id, version_no';

# All that the keys of every account ever were.
sub audit
{
	for my $account ($model->accounts)
	{
		same("keys of account $account->{id}",
			join("\n", map { shown(@$_{qw(key_id version_no set_at name project expires_at)}) } rows($versions_sql, $account->{id})),
			join("\n", map { my ($key, $no) = ($_, 0); map { shown($key->{key_id}, ++$no, @$_{qw(set_at name project expires_at)}) } @{ $key->{versions} } }
				  @{ $account->{keys} }));
	}
	return;
}

sub delete_api_key
{
	my $account = some_account();
	my $key_id = between(1, @{ $account->{keys} } + (chance(0.1) ? 1 : 0)) or return;
	return run_operation({
		name => 'delete_api_key', account => $account,
		sql => 'SELECT delete_api_key AS result FROM billing.delete_api_key(?, ?)', args => [ $account->{id}, $key_id ],
		predict => sub { return $model->delete_api_key($account, $_[0], key_id => $key_id) },
	});
}

sub authorize
{
	my $account = some_account();
	my @keys = @{ $account->{keys} } or return;
	return authorize_key($account, pick(@keys));
}

sub authorize_key
{
	my ($account, $key) = @_;
	my $text = $key_text{"$account->{id} $key->{key_id}"};
	my $sql = 'SELECT a.*, ' . us('resets_at') . ' AS resets, ' . us('statement_timestamp()') . ' AS read_at FROM billing.authorize(?) AS a';
	if (chance(0.1))
	{
		substr($text, 4 + int rand 50, 1) =~ tr/0-9a-z/1-9a-z0/;
		my $row = plain('authorize', $sql, [$text]);
		return same('authorize of a mistyped key', shown(@$row{qw(allowed reason account_id)}), '0 malformed_key -');
	}
	my $row = plain('authorize', $sql, [$text]);
	my $read_at = $row->{read_at} + seconds($offset_s);
	my $reason = $model->gate($account, $key, $read_at);
	$count{ 'authorize: ' . ($reason // 'allowed') }++;
	return same("authorize of account $account->{id}, key $key->{key_id}",
		shown(@$row{qw(allowed reason account_id key_id resets)}, nano($row->{balance}), nano($row->{shortfall})),
		shown($reason ? 0 : 1, $reason, $account->{id}, $key->{key_id}, $model->resets_at($account, $reason, $read_at),
			balance($account, $read_at),
			$model->shortfall($account, $reason, $read_at)));
}

1;
