# Months and days of a local calendar (B&S 3, 4.8). Only time zones without summer time.
package BillingModel::Oracle::Calendar;

use strict;
use warnings;

use Exporter 'import';
use POSIX qw(floor);
use Time::Local qw(timegm);

use BillingModel::Oracle::Books;

our @EXPORT = qw(zone_offset add_months add_days day_of day_start months_begun);

my %offset = (UTC => 0, 'Asia/Shanghai' => 8 * 3_600_000_000);

sub zone_offset { my ($zone) = @_; return $offset{$zone} // die "no zone of the model: $zone" }

sub days_in_month
{
	my ($year, $month) = @_;    # month from 0
	return (31, 28 + ($year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0)), 31, 30, 31, 30,
		31, 31, 30, 31, 30, 31)[$month];
}

# The same local time so many months later, on the same day or the month's last.
sub add_months
{
	my ($us, $months, $zone) = @_;
	my $local = $us + zone_offset($zone);
	my $s = floor($local / 1_000_000);
	my (undef, undef, undef, $day, $month, $year) = gmtime $s;
	my $time_of_day = $local - day_of($us, $zone) * DAY;
	my $to = ($year + 1900) * 12 + $month + $months;
	my ($to_year, $to_month) = (floor($to / 12), $to % 12);
	my $to_day = min($day, days_in_month($to_year, $to_month));
	return timegm(0, 0, 0, $to_day, $to_month, $to_year) * 1_000_000 + $time_of_day - zone_offset($zone);
}

sub add_days { my ($us, $days) = @_; return $us + $days * DAY }

# The number of the local day in which an instant lies, and the first instant of a day.
sub day_of { my ($us, $zone) = @_; return floor(($us + zone_offset($zone)) / DAY) }
sub day_start { my ($day, $zone) = @_; return $day * DAY - zone_offset($zone) }

# The first instants of the local months that begin between two instants, neither included.
sub months_begun
{
	my ($from, $to, $zone) = @_;
	my @found;
	for my $day (day_of($from, $zone) + 1 .. day_of($to, $zone))
	{
		my $at = day_start($day, $zone);
		push @found, $at if $at < $to && (gmtime floor($day * DAY / 1_000_000))[3] == 1;
	}
	return @found;
}

1;
