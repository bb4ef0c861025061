"""Operations, one file each: what people do to the cluster on purpose."""
