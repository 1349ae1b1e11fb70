-- Days that stand out are worked out otherwise: all are judged anew at the end of the next collection.
delete from spike_progress;
