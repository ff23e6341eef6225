# Does every file keep to its floor? Which floor may include which, what may be said on which floor, and how
# things are named there: src/README.md has it in words. From the root of the tree, without a server.
use strict;
use warnings;

use File::Basename qw(basename dirname);
use Test::More;

use lib 'test/house';
use House;

read_tree('c|h', 'src');
read_tree('sql', 'src', 'sql');

# ---- floors ---------------------------------------------------------------------------------------

# Floor -> what its files may include, beside their own floor. "ground" are the files of src itself.
my %may_include = (
	core    => [],
	gateway => [qw(core)],
	message => [qw(core gateway)],
	ground  => [qw(core secrets)],
	secrets => [],
	spi     => [qw(ground core)],
	rows    => [qw(ground core spi)],
	store   => [qw(ground core spi rows)],
	booking => [qw(ground secrets core gateway message spi rows store)],
	api     => [qw(ground core gateway message spi rows store booking)],
	guard   => [qw(ground core spi rows store booking)],
	worker  => [qw(ground core gateway message spi rows store booking)],
	program => [qw(core gateway secrets)],
	caller  => [qw(core gateway secrets program)],
	courier => [qw(core gateway message secrets program)],
	pdf     => [qw(core program)],
);

# It starts everything and decides nothing: no floor holds it.
my $start = 'src/billing.c';

sub floor {
	my ($file) = @_;
	return 'secrets' if $file =~ m{^src/secrets\.[ch]$};    # of the ground, and of the caller, too
	return dirname($file) eq 'src' ? 'ground' : basename(dirname($file));
}

my @sources = grep { /\.[ch]$/ && $_ ne $start } sort keys %text;
my (%includes, @faults);
my $seen = 0;
for my $file (@sources) {
	my $floor = floor($file);
	push @faults, "$file: src/$floor is no floor: test/house/layers.pl and src/README.md say which there are"
	  unless $may_include{$floor};
	while ($text{$file} =~ /^#include "([a-z0-9_\/]+\.[a-z]+)"/mg) {
		my ($path, $offset) = ("src/$1", $-[0]);
		next unless $text{$path};
		$seen++;
		push @{ $includes{$file} }, $path;
		my $to = floor($path);
		push @faults, at($file, $offset) . "$floor may not include $to"
		  unless $to eq $floor || grep { $_ eq $to } @{ $may_include{$floor} };
	}
}
check('no include runs upwards', $seen, 200, @faults);

# A module is a header with its .c file. Depth first; a way back to where we are is a circle.
my (%module, %state);
push @{ $module{s/\.[ch]$//r} }, map { s/\.[ch]$//r } @{ $includes{$_} || [] } for @sources;
@faults = ();

sub visit {
	my ($name, @way) = @_;
	return if ($state{$name} // '') eq 'done';
	if (($state{$name} // '') eq 'open') {
		shift @way while $way[0] ne $name;
		push @faults, join(' -> ', @way, $name);
		return;
	}
	$state{$name} = 'open';
	visit($_, @way, $name) for grep { $_ ne $name } @{ $module{$name} || [] };
	$state{$name} = 'done';
}
visit($_) for sort keys %module;
check('no includes go in a circle', scalar keys %module, 60, @faults);

# ---- what may be said where ------------------------------------------------------------------------

# Comments blanked out, lines kept; strings too where only code is looked at.
sub code {
	my ($file, $without_strings) = @_;
	my $code = $text{$file} =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")}{
		my ($comment, $string) = ($1, $2);
		defined $comment ? $comment =~ s/[^\n]/ /gr : $without_strings ? '"' . ' ' x (length($string) - 2) . '"' : $string
	}gesr;
	return $code;
}

sub forbid {
	my ($name, $pattern, $files, %options) = @_;
	my @found;
	for my $file (@$files) {
		my $code = code($file, !$options{in_strings});
		push @found, at($file, $-[0]) . ($& =~ s/\s+/ /gr) while $code =~ /$pattern/g;
	}
	check($name, scalar @$files, 1, @found);
}

my %pure = map { $_ => 1 } qw(core gateway message pdf program caller courier secrets);
my @pure = grep { $pure{ floor($_) } } @sources;
my @server = grep { !$pure{ floor($_) } } @sources;

forbid('core, gateway and message know no server', qr/^#include "(?:postgres|c|fmgr)\.h"/m, \@pure, in_strings => 1);
forbid(
	'core, gateway and message do no input or output, read no clock and keep no state',
	qr/\b(?:f?printf|f?puts|putchar|f?open|popen|f?read|f?write|getenv|system|socket|connect|gettimeofday|clock_gettime|time|localtime|rand|random)\s*\(|\bFILE\b|^static\s+(?!const\b|inline\b)[^;({]*(?:=|;)/m,
	[ grep { floor($_) =~ /^(?:core|gateway|message)$/ } @pure ]);
forbid('SPI stands in spi/', qr/\bSPI_\w+|^#include "executor\/spi\.h"/m, [ grep { floor($_) ne 'spi' } @server ], in_strings => 1);
forbid('fcinfo stands in api/ and guard/', qr/\bfcinfo\b|\bPG_FUNCTION_ARGS\b/, [ grep { floor($_) !~ /^(?:api|guard)$/ } @server ]);
forbid('spi, core and the floors below them raise errors by refuse() alone', qr/\bereport\b|\belog\b/, [ grep { floor($_) =~ /^(?:spi|rows|store)$/ } @server ]);

# Of jansson and the server both have one, and within the server it is the server's that is called.
forbid('jansson objects are made by json_pack(): json_object() is the server\'s', qr/\bjson_object\s*\(/, [ grep { floor($_) =~ /^(?:core|gateway|message|booking|api)$/ } @sources ]);

# What has SQL in it beside store/, and why.
my %sql_elsewhere = (
	'src/errors.c' => 'hints, for people',
	'src/api/job.c' => 'calls of public functions, for pg_cron',
	'src/spi/sql.h' => 'the statement by which every store numbers',
	'src/spi/scope.c' => 'the version of the tables, which decides whether a store may be asked',
);
forbid(
	'SQL text stands in store/',
	qr/"\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|LOCK TABLE|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT ON|COPY|SET|NOTIFY|LISTEN)\s/,
	[ grep { floor($_) ne 'store' && !$sql_elsewhere{$_} } @server ],
	in_strings => 1);

# ---- names ----------------------------------------------------------------------------------------

# Public functions of a header begin with its noun. Ground headers hold what is said everywhere.
my %prefix = (
	'src/api/arguments.h' => 'arg',
	'src/store/usage_batch_store.h' => 'usage',
);
@faults = ();
$seen = 0;
for my $file (grep { /\.h$/ && floor($_) ne 'ground' } @sources) {
	my $noun = $prefix{$file} // basename($file, '.h') =~ s/_store$//r;
	my $code = code($file, 1);
	while ($code =~ /^(?:extern|static inline)\b[^;{(]*?\b([a-z]\w*)\s*\(/mg) {
		my ($name, $offset) = ($1, $-[1]);
		$seen++;
		push @faults, at($file, $offset) . "$name() does not begin with ${noun}_" unless $name =~ /^(?:$noun)(?:_|$)/;
	}
}
check("public functions begin with their header's noun", $seen, 200, @faults);

# One number, one noun, in src/sql and src/schema.
my (%noun, %number);
@faults = ();
for my $file (grep { m{^src/(?:sql|schema)/} } sort keys %text) {
	my ($number, $noun) = basename($file, '.sql') =~ /^(\d\d)_(\w+)$/;
	if (!defined $number) {
		push @faults, "$file: its name is no number and noun";
		next;
	}
	push @faults, "$file: $number is $noun{$number}" if ($noun{$number} //= $noun) ne $noun;
	push @faults, "$file: $noun is $number{$noun}" if ($number{$noun} //= $number) ne $number;
}
check('a noun has one number in src/sql and src/schema', scalar keys %noun, 20, @faults);

done_testing();
