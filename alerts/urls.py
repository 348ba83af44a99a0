"""Addresses of the pages of alerts."""

from django.urls import path

from alerts import bulk_views, channel_views, silence_views, views

app_name = "alerts"
urlpatterns = [
    path("", views.alert_list, name="list"),
    path("bell/", views.bell, name="bell"),
    path("drawer/", views.drawer, name="drawer"),
    path("bulk/", bulk_views.bulk, name="bulk"),
    path("silences/", silence_views.silences, name="silences"),
    path("silences/<int:pk>/end/", silence_views.end, name="silence-end"),
    path("channels/", channel_views.channel_list, name="channels"),
    path("channels/new/", channel_views.new_channel, name="channel-new"),
    path("channels/<int:pk>/", channel_views.channel, name="channel"),
    path("channels/<int:pk>/switch/", channel_views.switch, name="channel-switch"),
    path("channels/<int:pk>/secret/", channel_views.renew_secret, name="channel-secret"),
    path("channels/<int:pk>/test/", channel_views.send_test, name="channel-test"),
    path("<int:pk>/", views.alert_detail, name="detail"),
    path("<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("<int:pk>/snooze/", views.snooze, name="snooze"),
    path("<int:pk>/unsnooze/", views.unsnooze, name="unsnooze"),
    path("<int:pk>/assign/", views.assign, name="assign"),
    path("<int:pk>/resolve/", views.resolve, name="resolve"),
]
