/*-------------------------------------------------------------------------
 *
 * gateway_vectors.h
 *	  Messages and signatures of gateways, to be read and verified by ours.
 *
 * Made with the official packages alipay-sdk 4.14 (MIT) and
 * wechatpay-axios-plugin 0.9 (MIT), those of Waffo and Xiaomi Pay, which have
 * no such packages, from their documents by node:crypto; and with RSA keys that
 * were thrown away since: they are no secrets, and no gateway knows them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_VECTORS_H
#define GATEWAY_VECTORS_H

#define MERCHANT_PRIVATE_KEY                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDN+sEe9nJtgRSW\n" \
	"lmtMv2g5fGy4/puAvNQWqvp05N/Q/l2h3V18cimJkjY0fG8KtWcKy3bLL68FOrmX\n" \
	"JcVN47xugsg5NCp0+Au6PHhD/5eXGQbd8eXfuOOhpfsRoqo0i/VrvhjjkoyE1ctk\n" \
	"TiNy+ojEbF3VRS651Yc3ZR8VNdjBFUQ2qznOGsUuLbubUJwi8ia56yox4dUP+OSV\n" \
	"KNx/EcpzmV9mCow49CAvniyQg8+m9Y0tKOaLefRc42Y2TWUfkMS+95d/qZTAs623\n" \
	"GAlUYekzEoqgRo20uh1zyL7wkNXje5lamPiq3NFrt6BVm8TaLb26xP61wTYLTtYd\n" \
	"7wo4Mmg5AgMBAAECggEABt+mUC0zNlpHYJsWa5I7nSd8zVOZxtsGTNdZ0krM+UFz\n" \
	"yHIFq6B3qGKbsnawke/px19w0Gj/8zG5fcTB586AvENbASWvgQXCBm38KXC/E0i/\n" \
	"hOqMnEGkPwG19imyelxtTTIjzHxYehpUVj2RS0X3CG8BVpufao4om/2g4ulQGWlX\n" \
	"746oLCE3YwD8LB1cT5vS6r7EnjmG01kkfmJO9C5ooD4yAaZFPVAiFPfsV/ZdNAib\n" \
	"6BDb49q4KFwVsmf02R893qEKXlwEO0DKvtHEUmen1TLeZCHHZkyG8QdiVvBObp1d\n" \
	"X43q8OYjuz/uoDTSzuF39K5p7UhjixuZbrMWlVjoMQKBgQDryJ5QSKbj3jwfEH70\n" \
	"uBkHrdowajYLeJqFF1fho3+ndezxb5eX3GGN0sfzBpOaBrs/D3u5soOqNdQ7NChO\n" \
	"lnfXeq5w+Wp96Nwyzrlhupu2pgK9RzUBTayZIgrMQMHyIYIs2mMy6fXRZfUEJ4rp\n" \
	"V5z0dZlXZf+ZOihaYa4Dr9n0xQKBgQDfo/GNinDGtwapLC0GPFyDTAPwpocGtXSh\n" \
	"zNoSGCm+8wrdLvRQTH4KcxOkbHl++Rg/wZTVNOVuqiIB3VAid0tg7rqTzqianamY\n" \
	"N45lj7XIKi9WiWR6e+WwnkIPcc9uej5A9zikECOtkeoweQu0kLJmdTysJXZdyHi1\n" \
	"woOYzP/k5QKBgERT7wz1AOgoDuQxs5jXgOloyEIfhWntmVnYWe9ZojS1R+Tvoc6w\n" \
	"XtTqsGcNENkh+kFcC07VHLLGxqohg0zC7hfTxZmXrfSu9qECp1Za7aUQltqjOAkY\n" \
	"qVv3MYnfelTgwQiegQDQLBxyn36EtwzIBwQQ0E8zj86nu+n1RKhs3YzBAoGABZfN\n" \
	"B7Qpo96Z7QssyRYjXik9g/w2LkXFd/JulbtC+AKOCAAPnh57nHlKSXdpBnLmV1nZ\n" \
	"Bgf/oOfiV9eYFHSVTwRJaD7n2o4M2sCw7/tLGYlsi6Z9+84zbVpX3pkDDglCm09T\n" \
	"fE7nBYU7rSCp2UcxHvzZmpiJQEkuM6V8swqVb70CgYEAmBWlwjZWhFK4x7G5U1E7\n" \
	"67g5LWO1FSTB2/Ev3hvmo6pN90ZP9QXSkDzh5opdyb9HawQUIzILWIk5uhMyUwha\n" \
	"tgBNYVQQ+YuaNsXxgJcPcjH6weJ2Myr06no/cIGBzOelToTFi3Ces2UoCh0ItVH3\n" \
	"FKUX6dAs3LqdemkXF3NUUig=\n"                                         \
	"-----END PRIVATE KEY-----\n"

#define MERCHANT_PRIVATE_KEY_PKCS1                                       \
	"-----BEGIN RSA PRIVATE KEY-----\n"                                  \
	"MIIEowIBAAKCAQEAzfrBHvZybYEUlpZrTL9oOXxsuP6bgLzUFqr6dOTf0P5dod1d\n" \
	"fHIpiZI2NHxvCrVnCst2yy+vBTq5lyXFTeO8boLIOTQqdPgLujx4Q/+XlxkG3fHl\n" \
	"37jjoaX7EaKqNIv1a74Y45KMhNXLZE4jcvqIxGxd1UUuudWHN2UfFTXYwRVENqs5\n" \
	"zhrFLi27m1CcIvImuesqMeHVD/jklSjcfxHKc5lfZgqMOPQgL54skIPPpvWNLSjm\n" \
	"i3n0XONmNk1lH5DEvveXf6mUwLOttxgJVGHpMxKKoEaNtLodc8i+8JDV43uZWpj4\n" \
	"qtzRa7egVZvE2i29usT+tcE2C07WHe8KODJoOQIDAQABAoIBAAbfplAtMzZaR2Cb\n" \
	"FmuSO50nfM1TmcbbBkzXWdJKzPlBc8hyBaugd6him7J2sJHv6cdfcNBo//MxuX3E\n" \
	"wefOgLxDWwElr4EFwgZt/ClwvxNIv4TqjJxBpD8BtfYpsnpcbU0yI8x8WHoaVFY9\n" \
	"kUtF9whvAVabn2qOKJv9oOLpUBlpV++OqCwhN2MA/CwdXE+b0uq+xJ45htNZJH5i\n" \
	"TvQuaKA+MgGmRT1QIhT37Ff2XTQIm+gQ2+PauChcFbJn9NkfPd6hCl5cBDtAyr7R\n" \
	"xFJnp9Uy3mQhx2ZMhvEHYlbwTm6dXV+N6vDmI7s/7qA00s7hd/Suae1IY4sbmW6z\n" \
	"FpVY6DECgYEA68ieUEim4948HxB+9LgZB63aMGo2C3iahRdX4aN/p3Xs8W+Xl9xh\n" \
	"jdLH8waTmga7Pw97ubKDqjXUOzQoTpZ313qucPlqfejcMs65YbqbtqYCvUc1AU2s\n" \
	"mSIKzEDB8iGCLNpjMun10WX1BCeK6Vec9HWZV2X/mTooWmGuA6/Z9MUCgYEA36Px\n" \
	"jYpwxrcGqSwtBjxcg0wD8KaHBrV0oczaEhgpvvMK3S70UEx+CnMTpGx5fvkYP8GU\n" \
	"1TTlbqoiAd1QIndLYO66k86omp2pmDeOZY+1yCovVolkenvlsJ5CD3HPbno+QPc4\n" \
	"pBAjrZHqMHkLtJCyZnU8rCV2Xch4tcKDmMz/5OUCgYBEU+8M9QDoKA7kMbOY14Dp\n" \
	"aMhCH4Vp7ZlZ2FnvWaI0tUfk76HOsF7U6rBnDRDZIfpBXAtO1RyyxsaqIYNMwu4X\n" \
	"08WZl630rvahAqdWWu2lEJbaozgJGKlb9zGJ33pU4MEInoEA0Cwccp9+hLcMyAcE\n" \
	"ENBPM4/Op7vp9USobN2MwQKBgAWXzQe0KaPeme0LLMkWI14pPYP8Ni5FxXfybpW7\n" \
	"QvgCjggAD54ee5x5Skl3aQZy5ldZ2QYH/6Dn4lfXmBR0lU8ESWg+59qODNrAsO/7\n" \
	"SxmJbIumffvOM21aV96ZAw4JQptPU3xO5wWFO60gqdlHMR782ZqYiUBJLjOlfLMK\n" \
	"lW+9AoGBAJgVpcI2VoRSuMexuVNRO+u4OS1jtRUkwdvxL94b5qOqTfdGT/UF0pA8\n" \
	"4eaKXcm/R2sEFCMyC1iJOboTMlMIWrYATWFUEPmLmjbF8YCXD3Ix+sHidjMq9Op6\n" \
	"P3CBgcznpU6ExYtwnrNlKAodCLVR9xSlF+nQLNy6nXppFxdzVFIo\n"             \
	"-----END RSA PRIVATE KEY-----\n"

#define MERCHANT_PUBLIC_KEY                                              \
	"-----BEGIN PUBLIC KEY-----\n"                                       \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzfrBHvZybYEUlpZrTL9o\n" \
	"OXxsuP6bgLzUFqr6dOTf0P5dod1dfHIpiZI2NHxvCrVnCst2yy+vBTq5lyXFTeO8\n" \
	"boLIOTQqdPgLujx4Q/+XlxkG3fHl37jjoaX7EaKqNIv1a74Y45KMhNXLZE4jcvqI\n" \
	"xGxd1UUuudWHN2UfFTXYwRVENqs5zhrFLi27m1CcIvImuesqMeHVD/jklSjcfxHK\n" \
	"c5lfZgqMOPQgL54skIPPpvWNLSjmi3n0XONmNk1lH5DEvveXf6mUwLOttxgJVGHp\n" \
	"MxKKoEaNtLodc8i+8JDV43uZWpj4qtzRa7egVZvE2i29usT+tcE2C07WHe8KODJo\n" \
	"OQIDAQAB\n"                                                         \
	"-----END PUBLIC KEY-----\n"

#define PLATFORM_PRIVATE_KEY                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDxZfWhOWUwrai8\n" \
	"PERemzTWmW9jbV0D5xY3OPoJZ8yUYZXA+pC+h7JA2775L94s+G6wtwsGOAMa4k32\n" \
	"B8J9J7WDhoo1kT8PTL1eI6zdzF7Jn3CMxAeKLwgGxsTVbus6VXOE/x3oWa+lB7kh\n" \
	"ntFXfwYsCh60bZmG4I66ynLY6Oqn95+9UexJSNWmA9JaVL0uTlAcxfHFQOkdgsQn\n" \
	"l8+M7xtb6Zm4s64szZWNYUTv/TKi68uINFRBN2hHnutzv3rJM+U2ORcIQssfI80c\n" \
	"zXwx79iq+m3Z49R3/LEe7uaThXPencRPsQTKMN26qJ0D9wkCXcjj0z4j6p8ZPSKu\n" \
	"Ijf+yVK5AgMBAAECggEAEXZro7tk4Q+AjqFmqfHDWEGmoUQtJhYGiuPukbvP1lOn\n" \
	"qcHWf7ON4KULQx53c++PnlP930TLbYHw26GDEo4XuOLq+f+lI3ezL6Cxpb5EUYSQ\n" \
	"EUOX1Ty18W7AMj2ayANpEgMC7sB+9TEovAOWDdgACJm9nK+PzoYaSe2EPygjDxec\n" \
	"OW06dTREv7fSkhhjmDRpZshadqgGdVF4RtHPcYksuugAeB2mvx+339pLdcUI9Waz\n" \
	"D9QC3EGrOxEYZx8Y3MbXIjHntdvf3ZCTqdYra1tVLaUHYs8ULQUvvGdh54ieOiSu\n" \
	"DIbl9Kwg3QgbadCEq1ClHMv3Ff6Wl3TMTAQL/MRsywKBgQD5pq/bYmnF7JmOgWmf\n" \
	"JqW759v38GPBbB0mqUFw+o+0nkZ1JqUSbtZD74J1qrpqyBCFGdIlXxCKq8+z+1/s\n" \
	"GDEINtQF5TxkXR9l6GOGJzAIhYDiD0KR8sp800q5MBolnIrBvl+gwklZzA5/7DpG\n" \
	"OMaVrHGzZ0+efSR0UL0k9+kXswKBgQD3iYs0Oyk8YaoIN1eCJ1gklPqrblaQVAsZ\n" \
	"K+jsKG1fXDkLC218Nr7oMTNewETdDXoJhQ2tNWCtQxrvQItnoAt4U7B0GeqUiRGE\n" \
	"jVH0tPF+sl3Q+5Yp/o8fDvqQKpcbEeWOBeL8q0xfCYhRnZd8oDYHYj2XRDkrUeXn\n" \
	"W/H/pWn14wKBgFt9/SD3ljAVH8mcH+tVrJOKy5C4JrbyOlS63uLa0OOuxb+VZBW3\n" \
	"TQsksbkR0rPjkjpVVjCgAF3xzXL2gxbxXrbV8Sof8twNTL56Rk8Z+X6F/s/aK9l1\n" \
	"E0Rf4xivSkXScv/CFyXBTkR8hivXlRu7HvwncJwBFqrMzhlapZbwzBoFAoGBAJEh\n" \
	"O1RsO0kDmcUnbU8J8kvAbReFoYsNO1SOwglzymxWjbtD//ULw/IupoevArD37c0X\n" \
	"DWW4He53oZsUpKck1pS9vH7VkwtzMaodkSd/zvcRbJ/SYcBNV2xGQ/GyhtWAMK6M\n" \
	"FQE/DY/K7vmrA941sHezyZiej0YuxjRXXBMe0HkxAoGAZaskXORlbbVhstGJg0HU\n" \
	"6rfCSoBS1fGVv53exHbdmmLTO5l9pE0aNcDSnk8cDKVNQDlWkx3CGygnP8I5FOEs\n" \
	"9Yp9ILLInLssTXb4BrMhgxf6ud7RFBd/G4CIJQlVOgFoN9Z9Kbw4zqOXy2Q1NllS\n" \
	"xBPLdrnCmBlfruKX9CU2lLw=\n"                                         \
	"-----END PRIVATE KEY-----\n"

#define PLATFORM_PUBLIC_KEY                                              \
	"-----BEGIN PUBLIC KEY-----\n"                                       \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8WX1oTllMK2ovDxEXps0\n" \
	"1plvY21dA+cWNzj6CWfMlGGVwPqQvoeyQNu++S/eLPhusLcLBjgDGuJN9gfCfSe1\n" \
	"g4aKNZE/D0y9XiOs3cxeyZ9wjMQHii8IBsbE1W7rOlVzhP8d6FmvpQe5IZ7RV38G\n" \
	"LAoetG2ZhuCOuspy2Ojqp/efvVHsSUjVpgPSWlS9Lk5QHMXxxUDpHYLEJ5fPjO8b\n" \
	"W+mZuLOuLM2VjWFE7/0youvLiDRUQTdoR57rc796yTPlNjkXCELLHyPNHM18Me/Y\n" \
	"qvpt2ePUd/yxHu7mk4Vz3p3ET7EEyjDduqidA/cJAl3I49M+I+qfGT0iriI3/slS\n" \
	"uQIDAQAB\n"                                                         \
	"-----END PUBLIC KEY-----\n"

#define ALIPAY_REQUEST_TEXT                                                                           \
	"app_id=2021000000000001&biz_content={\"out_trade_no\":\"R20260101000001\",\"total_amo"           \
	"unt\":\"88.88\",\"subject\":\"API 充值\",\"timeout_express\":\"30m\"}&charset=utf-8&format=JS" \
	"ON&method=alipay.trade.precreate&notify_url=https://bill.example.com/n/alipay&si"                \
	"gn_type=RSA2&timestamp=2026-01-01 10:00:00&version=1.0"

#define ALIPAY_REQUEST_SIGNATURE                                                       \
	"Zg04SiQznPTkLH+1ydEV7WLH0a0Mc4jXb+2hhOaz2OOdEKCoQ2PkAZhATPPz2BZ785JZBnEULnpSiMJH" \
	"Nv2aOOADrsZNEQQdtROl70io5gSY4ulAR9BUD8q1Z1vocaN2dlpX4Ew4cevPddI37aT+2HQaHRFNauU5" \
	"p1Uq1y/LDORdHezEPSEBVfCjuNBF4jCHyXSBVkXlaVnCpSt5yBKsIPUi4ZiwDj36DGTHS3B7mlvduy52" \
	"m4Tw8w+myoQWk3PVclXVWwZ4c0h9SeNY0xqw85PMLmNN4ZqquExUdz922StzuOxb9aze+3JmiiySewVW" \
	"77iWTW91jnef7O13cmRj6Q=="

#define ALIPAY_NOTICE_BODY                                                             \
	"gmt_create=2026-01-01+10%3A00%3A00&charset=utf-8&gmt_payment=2026-01-01+10%3A00%" \
	"3A05&notify_time=2026-01-01+10%3A00%3A06&subject=API+%E5%85%85%E5%80%BC+100%25&b" \
	"uyer_id=2088102116773037&invoice_amount=88.88&version=1.0&notify_id=202601010022" \
	"2100005000000000000001&fund_bill_list=%5B%7B%22amount%22%3A%2288.88%22%2C%22fund" \
	"Channel%22%3A%22ALIPAYACCOUNT%22%7D%5D&notify_type=trade_status_sync&out_trade_n" \
	"o=R20260101000001&total_amount=88.88&trade_status=TRADE_SUCCESS&trade_no=2026010" \
	"122001473030500000001&auth_app_id=2021000000000001&receipt_amount=88.88&point_am" \
	"ount=0.00&buyer_pay_amount=88.88&app_id=2021000000000001&sign_type=RSA2&seller_i" \
	"d=2088102119685838&sign=msr3NSJFj75bgFmstpiuJJ5IcLvVOPh6fUhACom005MdTpYD4elALybc" \
	"dIofS9X5HrqBLBt1v%2BJcrFsCCvp8HsG7TE%2FV4xeaxpHnmbPSNfbbnEPmm%2BYGQQMOhrYE%2BlqH" \
	"A%2BFsrnWNIHPCt2KgrP4sFtkWNdfgCfs6z%2B%2B8J3J8jjfUC4mTqZofYLNRGhOyBF9jx%2BMTbk71" \
	"2UcClheEB%2F%2BMxoo4Gnv4W7wS7PkQuIiusBv1SK9XpnFeOc8uZtHOksLtLMxiVlKYw3xbuSOXtL%2" \
	"BLxi%2B6e%2BUKX7kAXGfLLOwsDzKEIvcYLRS%2FCyfXsVbJPuLZGiP%2FuvuZVZnJhas4Wg9Yiw%3D%" \
	"3D"

#define WECHAT_APIV3_KEY "0123456789abcdef0123456789abcdef"

#define WECHAT_REQUEST_TEXT                                                                             \
	"POST\n"                                                                                            \
	"/v3/pay/transactions/native\n"                                                                     \
	"1767232800\n"                                                                                      \
	"593BEC0C930BF1AFEB40B4A08C8FB242\n"                                                                \
	"{\"mchid\":\"1900000001\",\"appid\":\"wxd678efh567hg6787\",\"description\":\"API 充值\",\"out_t" \
	"rade_no\":\"R20260101000001\",\"time_expire\":\"2026-01-01T10:30:00+08:00\",\"notify_url"          \
	"\":\"https://bill.example.com/n/wechat\",\"amount\":{\"total\":8888,\"currency\":\"CNY\"}}\n"

#define WECHAT_REQUEST_SIGNATURE                                                       \
	"vpiKUc1509Q+X9w6+wQ83nbh/ZedvNnCLAhKQWFr0VumuZKInkk6X5qQMaewr01lWha7+zAL82iU7mw1" \
	"L+5kHgQYBhkxeB8wYkbad81R6viEEfa11dP1JnbzigK9pe5pcDWfJudfMPWRE2/VmMp8YdqA8mswYY4T" \
	"6VLn5jiTDvQnwqbLJHJaH1y8l1lAgRf+/wR+LLteVyaPfwn389CLoVOJj4ng3KwTl3HG7cNJ4n+Vu16O" \
	"lggfnhmPF3xJywoSYehCVntFekzBsZ6DCF9mgqr1RHLmJRdHD/jY384Fso8CspkP5fwSuo5y2EMThBc2" \
	"aj4lwbgU341Jeahtb69ckQ=="

#define WECHAT_NOTICE_SERIAL "PUB_KEY_ID_0114232134912410000000000000"

#define WECHAT_NOTICE_TIMESTAMP "1767232806"

#define WECHAT_NOTICE_NONCE "EcsXqLyMWzXV6dCk"

#define WECHAT_NOTICE_SIGNATURE                                                        \
	"WBH1OmBBiwDOGS5ey7nTJz3+FNTWbOg9JpYIAacVnQgl4vFfYzv9pkKvotKyO84L3VZgt0rJiolFcuD4" \
	"VyUSPgNhOYO7ADKSs4QLPQCkX6uJDINT8ZvnP4rgW+iHqGPXrUwGXgvha8L3u+KJ9fdzsZYzFl/W3wYf" \
	"V2ZY+Yjb0J4tM6netbZ7J0cRTpoPv6p7YeWcg5h/oGCbtwXqS7K6DJ/pD4u9x2pwCiexyxIwSSuhZpqS" \
	"jDYLwSiOkX7HO5w7IYeC9xrA51Le7tfnwwQxuioEgZvTsMnujnviq+5ZBDEaws5EJYIJWXdrJF9gwHUb" \
	"xiu67ujJVBxOfylIe4zokQ=="

#define WECHAT_NOTICE_BODY                                                                                \
	"{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2026-01-01T10:00:06+08:00\",\"resour"           \
	"ce_type\":\"encrypt-resource\",\"event_type\":\"TRANSACTION.SUCCESS\",\"summary\":\"支付成功\"," \
	"\"resource\":{\"original_type\":\"transaction\",\"algorithm\":\"AEAD_AES_256_GCM\",\"cipher"         \
	"text\":\"DUcegK33A8MEOgdCtMPWwAdqzVjy3c3BTENCdjZ/7K2gbkFM2sU/cZ/UPNrLir4DXaSrqBdzg"                  \
	"Gy/sMCWIPKVQdMoXvU4xWsjZxJ+TXwOBs8X7UOQ511F3CKsPI+GAo+HPlfJ2hKZ1jwbGTSkNBMPyUaUd"                    \
	"yYag+sHnnisNS4C5dQEMaW7sgU6fiebjSmn9bW+fsmsF/5/XoM7TiPnWrbTjeG7l0uDX3zdLNsFt552P"                    \
	"ahUZmpoygcam6xZTdBFDzK06D3gv/7XNyZyu8/LsAx1l8fQxDQNO4U+w5Ash2sRFzZdNJi+A7rZQ9Wd0"                    \
	"43YiU4+S0FzrXxqtmk0/dv2wDbzeFOrVQF/7vawfvf7BkUq8G97XA+xbXxITZOXS2OOhsFOvlekLlMqN"                    \
	"uRAYFFVgTB+Sh5m3HxIYogct8TtjD1tiFURv3jC/6M4iia0uM3miMc9k5V5P0d27ZxTl8RcLgvMGOxKr"                    \
	"38jCPjrRgKKySTJ+OhGgHicnf9oPyudOHNQff9sSU4p3OUolQwNT16RJREuUlrvTeAbR1RQtU+c2Y21Z"                    \
	"BBnGcxW1j/FM0WMqBE3XM3zJ5aPUsU=\",\"associated_data\":\"transaction\",\"nonce\":\"fdasfl"            \
	"kja484\"}}"

#define WAFFO_REQUEST_BODY                                                              \
	"{\"paymentRequestId\":\"a1b2c3d4e5f60718293a4b5c6d7e8f90\",\"merchantOrderId\":\"" \
	"R20260101000002\",\"orderCurrency\":\"USD\",\"orderAmount\":\"12.00\",\"orderDes"  \
	"cription\":\"API credits\",\"orderRequestedAt\":\"2026-01-01T02:00:00.000Z\",\"n"  \
	"otifyUrl\":\"https://bill.example.com/n/waffo\",\"merchantInfo\":{\"merchantId\""  \
	":\"1000000201\"},\"userInfo\":{\"userId\":\"u1\",\"userEmail\":\"u1@example.com\"" \
	",\"userTerminal\":\"WEB\"},\"paymentInfo\":{\"productName\":\"ONE_TIME_PAYMENT\""  \
	",\"payMethodType\":\"CREDITCARD,DEBITCARD,APPLEPAY,GOOGLEPAY\"}}"

#define WAFFO_REQUEST_SIGNATURE                                                        \
	"iK1022JMaOnrao5RudKmYIURQSV19v+jDgK5Y4QEDNb3bLGYS0lYRpWcXyORFSaiZusF9yz+LY43FjQp" \
	"ZePnt56WwyYxMx/ftusoVV5lHJQeU7o/83Np7f+WaHRIsw4ZfeJn6/e3fkxpPUPZXQXkNBJ0yElEiYmf" \
	"i6Gk9rS4PRyTXN0F6xuBCqfkI3f7gSEPiJT2FqkHceCwjaBfFzJtdfmFPoiaGJ4GpEXF4xISipKUoEFx" \
	"6h6gBVae0qLq4GE9aHYbln3MH6U5RfeGsBOXd+AgrJpryLPhACbeLeRoVleJnOCgSlkPMF2LwJKshWv2" \
	"n3Qbutr/mY8w+SIFRD8hQg=="

#define WAFFO_NOTICE_BODY                                                              \
	"{\"eventType\":\"PAYMENT_NOTIFICATION\",\"result\":{\"paymentRequestId\":\"a1b2c" \
	"3d4e5f60718293a4b5c6d7e8f90\",\"merchantOrderId\":\"R20260101000002\",\"acquirin" \
	"gOrderId\":\"ACQ2026010100000001\",\"orderStatus\":\"PAY_SUCCESS\",\"orderCurren" \
	"cy\":\"USD\",\"orderAmount\":\"12.00\",\"finalDealAmount\":\"12.00\",\"orderComp" \
	"letedAt\":\"2026-01-01T02:01:00.000Z\"}}"

#define WAFFO_NOTICE_SIGNATURE                                                         \
	"maMa2aZcgpK3Vq+roTYjxj7SECHPA74DrImzb6IBcF4rdAr1KWxQ1php7Hyni5JmjbjGBc7G2+TpVDaK" \
	"nOpo9/v1YJJ8NL/Zf/r/f6FiCs7nU/HWe8ztxsQta8BVBoPx0A+qTrPbalmo2+trfNQbUiR67jcFd1S+" \
	"rB0Cm6PtBMVkh5+hf7701yzA/fJU7M3TWEgRYLLOpilrhRGDD7SoL1wYFCGjxZF5mEsSUpWnKzcbrkO8" \
	"rLR7yI/VUR9PfxKkMwzmvXKi8oOyo5I69hQQEEblsgbTiVAQniEJrUdNqA6bNPVGUCRj+c6NtHx5mXUd" \
	"NiNEA801dIFQ4/fVLZyF4A=="

#define WAFFO_ACCEPTED_BODY "{\"message\":\"success\"}"

#define WAFFO_ACCEPTED_SIGNATURE                                                       \
	"sUoLTlGP/TIDcUcLpSilI0dsZAmB2iH/yhy5CsIHeoDUI+q1m3SJ0H8J0AzpWKOW9NqIfSjDcF4LfFyf" \
	"lzS83LsLH/X1+003bE1Q9f1oEHBKbD/e5IbrNPSK9RavI9tuaD9ZIQU1eNG+aKQdSWI8dKBjiLXcr0Zk" \
	"4jvjvvBm6tLek/6Fxkn+KF6dJI7gKqYto0iDY3b5TimfMjHlUzNXqWFuGHPjIGH4jyiRGCRDU5RB0FxV" \
	"dTqLHnjK3J+J/ikT0PKdaQWbvvIO7n+cSRkZ79zUgxZHxd3VW062cOUhkq8wQEU4/FwISxJzEsYxvmLs" \
	"GaUT9s6hbbEiMZ1HPWFkAg=="

#define XIAOMI_APP_SECRET "testAppSecret"

#define XIAOMI_NOTICE_TEXT                                                             \
	"appId=2882303761517239138&cpOrderId=R20260101000003&cpUserInfo=u1&orderId=211409" \
	"90160359583390&orderStatus=TRADE_SUCCESS&payFee=8888&payTime=2026-01-01 10:00:05" \
	"&productCode=01&productCount=1&productName=API 充值&uid=100010"

#define XIAOMI_NOTICE_SIGNATURE "d3a655da1e7514ba2d2ef1d730f38d751dba0ee3"

#define XIAOMI_NOTICE_QUERY                                                            \
	"appId=2882303761517239138&cpOrderId=R20260101000003&cpUserInfo=u1&orderId=211409" \
	"90160359583390&orderStatus=TRADE_SUCCESS&payFee=8888&payTime=2026-01-01+10%3A00%" \
	"3A05&productCode=01&productName=API+%E5%85%85%E5%80%BC&productCount=1&uid=100010" \
	"&signature=d3a655da1e7514ba2d2ef1d730f38d751dba0ee3"

/* Of app testKey with the secret testSecret, at 1767232800. */
#define NUONUO_BODY "{\"orderNos\":[\"R1\"],\"isOfferInvoiceDetail\":\"0\"}"

#define NUONUO_SIGNATURE "UPwnWghUJe8C+lPz4CQYnkiMZg0="

#endif
