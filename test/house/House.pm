# What the tests of the house share: its files, and a test that lists faults.
package House;

use strict;
use warnings;

use Exporter qw(import);
use File::Find qw(find);
use Test::More;

our @EXPORT = qw(%text read_tree at check);

our %text;    # path -> the whole file

# Reads the files under these paths whose names end so.
sub read_tree {
	my ($endings, @paths) = @_;
	find({
		no_chdir => 1,
		wanted => sub {
			$File::Find::prune = 1 if m{^test/demo/data$|/expected$|/results$|/node_modules$};
			return unless -f && /\.(?:$endings)$/;
			open(my $file, '<', $_) or die "$_: $!\n";
			local $/;
			$text{$_} = <$file>;
		},
	}, grep { -e } @paths);
	BAIL_OUT('src is not there: run this from the root of the tree') unless -d 'src';
}

# "file:line: " of an offset into a file's text.
sub at {
	my ($file, $offset) = @_;
	return sprintf '%s:%d: ', $file, 1 + (substr($text{$file}, 0, $offset) =~ tr/\n//);
}

# One test: no faults among at least so many things looked at.
sub check {
	my ($name, $looked_at, $least, @faults) = @_;
	push @faults, "only $looked_at were found: does this test still see them?" if $looked_at < $least;
	ok(!@faults, $name) or diag(join "\n", @faults);
}

1;
