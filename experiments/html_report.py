"""x"""
def report_html(results): return ""
