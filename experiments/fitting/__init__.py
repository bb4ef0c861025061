r"""From a log of outages to failure laws: reads it, splits time into up and down, fits and compares four laws.

Outages of an entity that overlap or touch are one; up-times are the gaps between them. Checked against the published
fits of the Failure Trace Archive (Javadi et al. 2013, trace Lanl05): on the log they were made from, LA-UR-05-7318,

    kubenines fit LA-UR-05-7318-failure-data-1996-2005.csv.xz --start "Prob Started" --end "Prob Fixed" \
        --entity System --entity nodenum --time-format "%m/%d/%Y %H:%M" --observed-until none

finds all 14 parameters of the four laws of up-times and repairs as published, to the digits printed there or within
0.02 %. So the published fits are of all 22 systems; a node is a system and a node number, and the 126 rows without a
number are a node of their own in each system; outages that overlap or touch are united; the 122 repairs of length zero
are dropped; times are taken as written, without daylight saving; nothing is censored. With the up-time after each
node's last outage counted (the default), the law is another, with longer up-times: the published one leaves it out.
"""
